// The tree of commands. The processes of the service take every setting as an option too: `--engine-slots 4` is
// ENGINE_SLOTS=4.

import { Command } from 'commander'
import { settingsTable } from '../settings.ts'
import { programVersion } from '../version.ts'
import { analyzeProgram } from './analyze-program.ts'
import { completionScript, shells } from './completion.ts'
import { knowledgeCommand } from './knowledge-command.ts'
import { loadCommand } from './load/load-command.ts'
import { modelCommand } from './model-command.ts'
import { smokeCommand } from './smoke-command.ts'
import { status } from './status.ts'

const exitCodes = `
Exit codes: 0 done; 1 failed, or analyze found a failure; 2 wrong words or options; 78 wrong settings, model or missing program.
Options of serve, api and worker can also be given as environment variables (--engine-slots is ENGINE_SLOTS); keys only so.`

export function workflowaiCommand(): Command {
  const program = new Command('workflowai')
    .description('A self-hosted streaming LLM service on a job queue, with log analysis.')
    .version(programVersion())
    .addHelpText('after', exitCodes)
    .showHelpAfterError('(workflowai --help lists the commands)')
  addProcess(
    program,
    'serve',
    'Redis if none is given, one API and the workers, in one terminal',
    () => import('./start.ts'),
  )
  addProcess(program, 'api', 'one API process against REDIS_URL', () => import('../api/main.ts'))
  addProcess(program, 'worker', 'one inference worker against REDIS_URL', () => import('../worker/main.ts'))
  program.addCommand(
    analyzeProgram(async (file, options) => {
      const { analyze } = await import('./analyze-command.ts')
      process.exitCode = await analyze(file, options, process)
    }).copyInheritedSettings(program),
  )
  program.addCommand(loadCommand().copyInheritedSettings(program))
  program.addCommand(knowledgeCommand().copyInheritedSettings(program))
  program.addCommand(modelCommand().copyInheritedSettings(program))
  program
    .command('status [url]')
    .description('what a running service does: its model, workers and jobs')
    .option('--json', 'as JSON')
    .action(status)
  program.addCommand(smokeCommand().copyInheritedSettings(program))
  program
    .command('completion <shell>')
    .description(`a completion script for ${shells.join(', ')}: source <(workflowai completion bash)`)
    .action((shell: string) => void process.stdout.write(completionScript(program, shell)))
  return program
}

/** Everyone on a machine can read the command lines of its processes. */
const secret = new Set(['API_KEYS', 'ADMIN_KEY'])

/** A command that is a process of the service: its options are the settings, and its main file does the rest. */
function addProcess(program: Command, name: string, description: string, main: () => Promise<unknown>): void {
  const command = program.command(name).description(description)
  for (const { name: variable, meaning, default: fallback } of settingsTable()) {
    if (secret.has(variable)) continue
    const flag = variable.toLowerCase().replaceAll('_', '-')
    const value = flag.startsWith('no-') ? '' : ' <value>'
    command.option(`--${flag}${value}`, `${meaning} (${fallback === '' ? 'none' : fallback.replaceAll('`', '')})`)
  }
  command.action(async (options: Record<string, string | boolean>) => {
    Object.assign(process.env, variablesOf(options))
    await main()
  })
}

/** `--no-install` reaches us as `install: false`, and as `true` where it was not given. */
export function variablesOf(options: Record<string, string | boolean>): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [option, value] of Object.entries(options)) {
    if (value === false) variables[`NO_${variableOf(option)}`] = '1'
    if (typeof value === 'string') variables[variableOf(option)] = value
  }
  return variables
}

/** `engineSlots`, as commander names it, is ENGINE_SLOTS. */
function variableOf(option: string): string {
  return option.replaceAll(/[A-Z\d]+/g, (word) => `_${word}`).toUpperCase()
}
