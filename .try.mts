import { readFileSync } from 'node:fs'
const root='/var/tmp/wt/knowledge/src/'
const { openLocalModel } = await import(root+'cli/local-model.ts')
const { readSettings } = await import(root+'settings.ts')
const { createLogAnalyzer } = await import(root+'llm/log-analyzer.ts')
const m = await openLocalModel(readSettings(process.env), process.stderr)
for (const f of process.argv.slice(2)) {
  const a = createLogAnalyzer({ ...m.fields, seed: 1 })
  const reduced = a.reduce(readFileSync(f))
  console.log('=====', f, reduced.tokens)
  let raw=''; const t=Date.now()
  for await (const i of a.events(reduced)) {
    if (i.type==='token') raw += i.raw ?? i.text
    if (i.type==='result') { console.log(i.full_text); console.log('--- raw:', raw.trim()); console.log('---', i.finish_reason, Date.now()-t,'ms', JSON.stringify(i.analysis.similar_cases.map(c=>c.id)), i.error?.message) }
  }
}
await m.close()
