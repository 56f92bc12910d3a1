// Dresses the output of a run as the systems that keep logs do: timestamps, groups, colours, sections, preamble and the
// line with which each of them says that a step failed. Times are made up from the case's name, so a run repeats exactly.

import { createHash } from 'node:crypto'

export const formats = [
  'plain',
  'github',
  'gitlab',
  'jenkins',
  'azure',
  'travis',
  'circleci',
  'buildkite',
  'taskcluster',
  'compose',
  'kubectl',
  'docker-json',
  'journald',
  'syslog',
] as const
export type Format = (typeof formats)[number]

/** Where each system checks a project out. */
export const projectFolders: Record<Format, string> = {
  plain: '/home/ci/project',
  github: '/home/runner/_work/app/app',
  gitlab: '/builds/acme/app',
  jenkins: '/var/lib/jenkins/workspace/app_main',
  azure: '/__w/1/s',
  travis: '/home/travis/build/acme/app',
  circleci: '/home/circleci/project',
  buildkite: '/var/lib/buildkite-agent/builds/agent-1/acme/app',
  taskcluster: '/builds/worker/checkouts/app',
  compose: '/app',
  kubectl: '/app',
  'docker-json': '/app',
  journald: '/srv/app',
  syslog: '/srv/app',
}

export interface Run {
  /** Seeds the times. */
  name: string
  exitCode: number
  format: Format
}

/** Lines that begin with this name the next step. */
const stepMark = '\u001e'
const esc = '\u001b'

interface Step {
  title: string
  lines: string[]
}

/** A clock that goes on by some milliseconds with every look. */
class Clock {
  #at = Date.UTC(2026, 2, 4, 9, 12, 1)
  #state: number

  constructor(name: string) {
    this.#state = createHash('sha256').update(name).digest().readUInt32LE(0)
  }

  next(): Date {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    this.#at += this.#state % 97
    return new Date(this.#at)
  }

  iso(digits = 3): string {
    const time = this.next().toISOString().slice(0, -1)
    return `${time}${String(this.#state % 10_000)
      .padStart(4, '0')
      .slice(0, digits - 3)}Z`
  }

  seconds(): number {
    return Math.floor(this.next().getTime() / 1000)
  }
}

function stepsOf(output: string): Step[] {
  const steps: Step[] = [{ title: '', lines: [] }]
  for (const line of output.replace(/\n$/, '').split('\n')) {
    if (line.startsWith(stepMark)) steps.push({ title: line.slice(1), lines: [] })
    else steps.at(-1)!.lines.push(line)
  }
  return steps.filter((step) => step.title !== '' || step.lines.some((line) => line !== ''))
}

export function render(output: string, run: Run): string {
  const clock = new Clock(run.name)
  const lines = [...renderers[run.format](stepsOf(output), run, clock)]
  return `${lines.join('\n')}\n`
}

type Renderer = (steps: Step[], run: Run, clock: Clock) => Iterable<string>

const sha = 'e3b1c0f4a2d95e8b7c6d5f4e3a2b1c0d9e8f7a6b'

const renderers: Record<Format, Renderer> = {
  *plain(steps) {
    for (const { title, lines } of steps) {
      if (title !== '') yield `==> ${title}`
      yield* lines
    }
  },

  *github(steps, { exitCode }, clock) {
    const at = (line: string) => `${clock.iso(7)} ${line}`
    const preamble = [
      "Current runner version: '2.323.0'",
      '##[group]Operating System',
      'Ubuntu',
      '24.04.2',
      'LTS',
      '##[endgroup]',
      '##[group]GITHUB_TOKEN Permissions',
      'Contents: read',
      'Metadata: read',
      '##[endgroup]',
      'Secret source: Actions',
      'Prepare workflow directory',
      'Prepare all required actions',
      'Getting action download info',
      "Download action repository 'actions/checkout@v4' (SHA:11bd71901bbe5b1630ceea73d27597364c9af683)",
      'Complete job name: build',
      '##[group]Run actions/checkout@v4',
      'with:',
      '  repository: acme/app',
      '  token: ***',
      '  clean: true',
      '  fetch-depth: 1',
      '##[endgroup]',
      'Syncing repository: acme/app',
      `${esc}[36;1m/usr/bin/git${esc}[0m log -1 --format=%H`,
      sha,
    ]
    for (const line of preamble) yield at(line)
    for (const { title, lines } of steps) {
      const name = title === '' ? './ci/run.sh' : title
      yield at(`##[group]Run ${name}`)
      yield at(`${esc}[36;1m${name}${esc}[0m`)
      yield at('shell: /usr/bin/bash -e {0}')
      yield at('##[endgroup]')
      for (const line of lines) yield at(line)
    }
    if (exitCode !== 0) yield at(`##[error]Process completed with exit code ${exitCode}.`)
    yield at('Post job cleanup.')
    yield at(`${esc}[36;1m/usr/bin/git${esc}[0m config --local --unset-all http.extraheader`)
    yield at('Cleaning up orphan processes')
  },

  *gitlab(steps, { exitCode }, clock) {
    const start = (name: string, text: string) =>
      `${esc}[0Ksection_start:${clock.seconds()}:${name}\r${esc}[0K${esc}[36;1m${text}${esc}[0;m`
    const end = (name: string) => `${esc}[0Ksection_end:${clock.seconds()}:${name}\r${esc}[0K`
    yield `${esc}[0KRunning with gitlab-runner 17.9.0 (c4cbe9dd)${esc}[0;m`
    yield `${esc}[0K  on docker-small xY3bTq9d, system ID: s_2f6b8c1d${esc}[0;m`
    yield start('prepare_executor', 'Preparing the "docker" executor')
    yield `${esc}[0KUsing Docker executor with image builder:3 ...${esc}[0;m`
    yield `${end('prepare_executor')}${start('get_sources', 'Getting source from Git repository')}`
    yield `${esc}[32;1mFetching changes with git depth set to 20...${esc}[0;m`
    yield 'Initialized empty Git repository in /builds/acme/app/.git/'
    yield `${esc}[32;1mChecking out ${sha.slice(0, 8)} as detached HEAD (ref is main)...${esc}[0;m`
    yield `${end('get_sources')}${start('step_script', 'Executing "step_script" stage of the job script')}`
    for (const { title, lines } of steps) {
      if (title !== '') yield `${esc}[32;1m$ ${title}${esc}[0;m`
      yield* lines
    }
    yield `${end('step_script')}${start('cleanup_file_variables', 'Cleaning up project directory and file based variables')}`
    yield end('cleanup_file_variables')
    if (exitCode === 0) yield `${esc}[32;1mJob succeeded${esc}[0;m`
    else yield `${esc}[31;1mERROR: Job failed: exit code ${exitCode}${esc}[0;m`
  },

  *jenkins(steps, { exitCode }, clock) {
    const at = (line: string) => `[${clock.iso(3)}] ${line}`
    yield 'Started by an SCM change'
    yield 'Obtained Jenkinsfile from git https://git.example.org/acme/app.git'
    yield '[Pipeline] Start of Pipeline'
    yield '[Pipeline] node'
    yield 'Running on linux-2 in /var/lib/jenkins/workspace/app_main'
    yield '[Pipeline] {'
    for (const { title, lines } of steps) {
      yield '[Pipeline] stage'
      yield `[Pipeline] { (${title === '' ? 'Build' : title})`
      yield '[Pipeline] sh'
      for (const line of lines) yield at(line)
      yield '[Pipeline] }'
      yield '[Pipeline] // stage'
    }
    yield '[Pipeline] }'
    yield '[Pipeline] // node'
    yield '[Pipeline] End of Pipeline'
    if (exitCode !== 0) yield `ERROR: script returned exit code ${exitCode}`
    yield `Finished: ${exitCode === 0 ? 'SUCCESS' : 'FAILURE'}`
  },

  *azure(steps, { exitCode }, clock) {
    const at = (line: string) => `${clock.iso(7)} ${line}`
    for (const [index, { title, lines }] of steps.entries()) {
      yield at(`##[section]Starting: ${title || 'Bash'}`)
      yield at('==============================================================================')
      yield at('Task         : Bash')
      yield at('Description  : Run a Bash script on macOS, Linux, or Windows')
      yield at('Version      : 3.250.1')
      yield at('==============================================================================')
      yield at('Generating script.')
      yield at('========================== Starting Command Output ===========================')
      yield at(`[command]/usr/bin/bash /__w/_temp/${sha.slice(0, 8)}.sh`)
      for (const line of lines) yield at(line)
      if (exitCode !== 0 && index === steps.length - 1) yield at(`##[error]Bash exited with code '${exitCode}'.`)
      yield at(`##[section]Finishing: ${title || 'Bash'}`)
    }
  },

  *travis(steps, { exitCode }, clock) {
    yield `travis_fold:start:worker_info\r${esc}[0K${esc}[33;1mWorker information${esc}[0m`
    yield 'hostname: worker-linux-1'
    yield 'version: 6.2.22'
    yield `travis_fold:end:worker_info\r${esc}[0K`
    for (const { title, lines } of steps) {
      const name = title === '' ? './ci.sh' : title
      const id = createHash('sha256').update(name).digest('hex').slice(0, 8)
      yield `travis_time:start:${id}\r${esc}[0K$ ${name}`
      yield* lines
      yield `travis_time:end:${id}:start=${clock.seconds()},finish=${clock.seconds()}\r${esc}[0K`
    }
    const last = steps.at(-1)?.title || './ci.sh'
    const colour = exitCode === 0 ? 32 : 31
    yield `${esc}[${colour};1mThe command "${last}" exited with ${exitCode}.${esc}[0m`
    yield ''
    yield `Done. Your build exited with ${exitCode}.`
  },

  *circleci(steps, { exitCode }) {
    for (const { title, lines } of steps) {
      yield '#!/bin/bash -eo pipefail'
      yield title || './ci.sh'
      yield* lines
      yield ''
    }
    if (exitCode !== 0) yield `Exited with code exit status ${exitCode}`
    else yield 'CircleCI received exit code 0'
  },

  *buildkite(steps, { exitCode }, clock) {
    const at = (line: string) => `${esc}_bk;t=${clock.next().getTime()}\u0007${line}`
    yield at('~~~ Preparing working directory')
    yield at(`${esc}[90m$${esc}[0m cd /var/lib/buildkite-agent/builds/agent-1/acme/app`)
    for (const { title, lines } of steps) {
      yield at(`+++ :hammer: ${title || 'Running script'}`)
      for (const line of lines) yield at(line)
    }
    if (exitCode !== 0) {
      yield at(`${esc}[31m🚨 Error: The command exited with status ${exitCode}${esc}[0m`)
      yield at('^^^ +++')
      yield at('user command error: exit status 1')
    }
  },

  *taskcluster(steps, { exitCode }, clock) {
    const worker = (line: string) => `[taskcluster ${clock.iso(3).replace('T', ' ')}] ${line}`
    const at = (line: string) => `[task ${clock.iso(3)}] ${line}`
    yield worker('Task ID: Yq2m0dWvTRyO3cJ7sVwE1A')
    yield worker('Worker ID: 3491872645')
    yield worker('Worker Group: region-1')
    yield worker('Worker Type: t-linux-large')
    yield worker('Public IP: 192.0.2.44')
    yield worker('=== Task Starting ===')
    yield `[setup ${clock.iso(3)}] run-task started in /builds/worker`
    yield `[cache ${clock.iso(3)}] cache /builds/worker/checkouts exists; requirements: gid=1000 uid=1000 version=1`
    for (const { title, lines } of steps) {
      if (title !== '') yield at(`executing ['bash', '-cx', '${title}']`)
      for (const line of lines) yield at(line)
    }
    yield `[fetches ${clock.iso(3)}] removing /builds/worker/fetches`
    yield `[fetches ${clock.iso(3)}] finished`
    yield worker('=== Task Finished ===')
    yield worker(
      exitCode === 0
        ? 'Successful task run with exit code: 0 completed in 61.204 seconds'
        : `Unsuccessful task run with exit code: ${exitCode} completed in 61.204 seconds`,
    )
  },

  *compose(steps) {
    for (const { title, lines } of steps) for (const line of lines) yield `${(title || 'app-1').padEnd(9)} | ${line}`
  },

  *kubectl(steps, _run, clock) {
    for (const { lines } of steps) for (const line of lines) yield `${clock.iso(7)} stderr F ${line}`
  },

  *'docker-json'(steps, _run, clock) {
    for (const { lines } of steps) {
      for (const line of lines) yield JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: clock.iso(7) })
    }
  },

  *journald(steps, { exitCode }, clock) {
    const at = (who: string, line: string) => {
      const date = clock.next()
      return `Mar 04 ${date.toISOString().slice(11, 19)} ci-runner ${who}: ${line}`
    }
    yield at('systemd[1]', 'Started app.service - Application.')
    for (const { title, lines } of steps) for (const line of lines) yield at(`${title || 'app'}[4127]`, line)
    if (exitCode === 0) return
    const end = exitCode > 128 ? `code=killed, status=${exitCode - 128}` : `code=exited, status=${exitCode}/FAILURE`
    yield at('systemd[1]', `app.service: Main process exited, ${end}`)
    yield at('systemd[1]', `app.service: Failed with result '${exitCode > 128 ? 'signal' : 'exit-code'}'.`)
  },

  *syslog(steps, _run, clock) {
    for (const { title, lines } of steps) {
      for (const line of lines) yield `<30>1 ${clock.iso(3)} ci-runner ${title || 'app'} 4127 - - ${line}`
    }
  },
}
