// `workflowai knowledge import FILE | list | delete ID`: the cases of a running service.

import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { Command } from 'commander'
import { AppError } from '../errors.ts'
import { askService, serviceUrl } from './service-url.ts'

const mediaTypes: Record<string, string> = { '.json': 'application/json', '.md': 'text/markdown' }

interface Case {
  id: string
  title: string
  category: string
  source: string
}

export function knowledgeCommand(): Command {
  const command = new Command('knowledge').description('past cases of a running service')
  const url = ['--url <url>', 'the service (default: the one of this machine)'] as const
  command
    .command('import <file>')
    .description('cases from a .json or .md file; GET /openapi.json describes both forms')
    .option(...url)
    .action(importFile)
  command
    .command('list')
    .description('cases, all or those that fit words')
    .argument('[words]')
    .option('--json', 'as JSON')
    .option(...url)
    .action(list)
  command
    .command('delete <id>')
    .description('forget a case')
    .option(...url)
    .action(forget)
  return command
}

/** @throws AppError `bad_setting` for another kind of file, `invalid_request` that names what is wrong in it */
async function importFile(file: string, options: { url?: string }): Promise<void> {
  const type = mediaTypes[extname(file).toLowerCase()]
  if (type === undefined) throw new AppError('bad_setting', `${file} is of no known kind; allowed: .json, .md`)
  const body = await readFile(file).catch((cause: Error) => {
    throw new AppError('bad_setting', `can't read ${file}: ${cause.message}`, { cause })
  })
  const init = { method: 'POST', headers: { 'Content-Type': type }, body }
  const answer = await askService<{ cases: Case[] }>(serviceUrl(options.url), '/knowledge', init)
  say(`${answer.cases.length} cases imported`)
}

async function list(words: string | undefined, { json = false, url }: { json?: boolean; url?: string }): Promise<void> {
  const query = words === undefined ? '' : `?q=${encodeURIComponent(words)}`
  const answer = await askService<{ cases: Case[] }>(serviceUrl(url), `/knowledge${query}`)
  if (json) return say(JSON.stringify(answer, null, 2))
  for (const { id, title, category, source } of answer.cases)
    say(`${id}  ${category.padEnd(14)} ${source.padEnd(8)} ${title}`)
}

async function forget(id: string, { url }: { url?: string }): Promise<void> {
  await askService(serviceUrl(url), `/knowledge/${encodeURIComponent(id)}`, { method: 'DELETE' })
  say(`${id} is forgotten`)
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
