// Takes the traces of the machine out of a log: its name, its user, where its tools are installed, which registries it uses.

import { execFileSync } from 'node:child_process'
import { homedir, hostname } from 'node:os'

/** Registries by their kind: which mirror a machine uses is nobody's business. */
const hosts: [RegExp, string][] = [
  [/registry\.npmjs\.org/g, 'npm.example.org'],
  [/\b(?:files\.pythonhosted\.org|pypi\.org)/g, 'pypi.example.org'],
  [/repo1?\.maven\.(?:apache\.)?org/g, 'maven.example.org'],
  [/(?:static\.|index\.)?crates\.io/g, 'crates.example.org'],
  [/proxy\.golang\.org|sum\.golang\.org/g, 'goproxy.example.org'],
  [/deb\.debian\.org|security\.debian\.org/g, 'deb.example.org'],
]

export function scrubbed(output: string, project: string, folder: string): string {
  let text = output
  for (const [prefix, replacement] of pythonPrefixes()) text = text.replaceAll(prefix, replacement)
  // A short name is part of many words.
  text = text.replace(new RegExp(`(?<![\\w./-])${hostname()}(?![\\w./-])`, 'g'), 'ci-runner')
  for (const [host, replacement] of hosts) text = text.replace(host, replacement)
  return text
    .replaceAll('/home/ci/node_modules', `${project}/node_modules`)
    .replaceAll(`${homedir()}/`, '/home/ci/')
    .replaceAll(project, folder)
}

function pythonPrefixes(): [string, string][] {
  const prefix = execFileSync('python3', ['-c', 'import sys; print(sys.base_prefix)'], { encoding: 'utf8' }).trim()
  return prefix === '/usr' ? [] : [[prefix, '/usr']]
}
