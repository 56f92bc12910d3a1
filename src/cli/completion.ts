// Completion scripts for shells, made from the tree of commands, so that they never lag behind it.

import type { Command } from 'commander'
import { AppError } from '../errors.ts'

export const shells = ['bash', 'zsh', 'fish'] as const

/** @throws AppError `bad_setting` for a shell that has none */
export function completionScript(program: Command, shell: string): string {
  switch (shell) {
    case 'bash':
      return bash(program)
    case 'zsh':
      // zsh reads bash's completions.
      return `autoload -Uz bashcompinit && bashcompinit\n${bash(program)}`
    case 'fish':
      return fish(program)
    default:
      throw new AppError('bad_setting', `shell is "${shell}"; allowed: ${shells.join(', ')}`, { field: 'shell' })
  }
}

function bash(program: Command): string {
  const name = program.name()
  const cases = program.commands.map((command) => `    ${command.name()}) words="${wordsOf(command).join(' ')}" ;;`)
  return `_${name}() {
  local words="${wordsOf(program).join(' ')}"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  # A file where nothing else fits.
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _${name} ${name}
`
}

function fish(program: Command): string {
  const name = program.name()
  const lines = program.commands.flatMap((command) => [
    `complete -c ${name} -n __fish_use_subcommand -a ${command.name()} -d ${quoted(command.description())}`,
    ...command.options.map(
      ({ long, description }) =>
        `complete -c ${name} -n '__fish_seen_subcommand_from ${command.name()}' -l ${long?.slice(2)} -d ${quoted(description)}`,
    ),
    ...command.commands.map(
      (inner) =>
        `complete -c ${name} -n '__fish_seen_subcommand_from ${command.name()}' -a ${inner.name()} -d ${quoted(inner.description())}`,
    ),
  ])
  return `${lines.join('\n')}\n`
}

function wordsOf(command: Command): string[] {
  const options = command.options.flatMap(({ long }) => (long ? [long] : []))
  return [...command.commands.map((inner) => inner.name()), ...options, '--help']
}

const quoted = (text: string) => `'${text.replaceAll("'", '')}'`
