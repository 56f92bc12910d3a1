import { readCases } from './eval/case.ts'
import { generalRuleSet } from './eval/evaluate.ts'
import { coreRuleSet } from './src/logs/rule-set.ts'
import { AnchorFinder } from './src/logs/anchor-finder.ts'
import { rankAnchors } from './src/logs/ranking.ts'
import { evidenceRanges } from './src/logs/evidence.ts'
import { diagnose } from './src/logs/diagnosis.ts'
import { Drain } from './src/logs/drain.ts'
import { LineStore, bodyOf } from './src/logs/line-store.ts'
import { rawLines } from './eval/lines.ts'
import { visibleText } from './src/logs/control-codes.ts'
const without = process.argv.includes('-w')
const top = Number(process.env.TOP ?? 7)
const names = process.argv.slice(2).filter((a) => !a.startsWith('-'))
for (const c of readCases()) {
  if (c.half !== 'dev') continue
  if (names.length && !names.includes(c.name)) continue
  const lines = new LineStore(), finder = new AnchorFinder(without ? generalRuleSet : coreRuleSet), drain = new Drain()
  const ids: number[] = []
  for (const raw of rawLines(c.log)) { const t = visibleText(raw); const b = bodyOf(t); const i = lines.length; lines.add(t); ids.push(drain.add(b).id); finder.add(i, b) }
  const counts = Uint32Array.from(ids.map((id) => drain.templates[id]!.count))
  const anchors = rankAnchors(finder, lines, counts)
  const ranges = evidenceRanges(lines, anchors)
  const hit = (r: any) => c.label.lines.some(([f, t]) => r.start + 1 <= t && f <= r.end + 1)
  const clean = c.label.lines.length === 0
  const d = diagnose(lines, ranges, 'auto')
  const okLine = clean ? ranges.length === 0 : ranges[0] && hit(ranges[0])
  const okCat = c.label.categories.includes(d.category)
  if (!names.length && okLine && (okCat || process.env.CAT !== '1')) continue
  console.log(`\n## ${c.name} ${lines.length} lines; want ${clean ? 'CLEAN' : JSON.stringify(c.label.lines)} ${c.label.categories} got ${d.category} ${ranges.some(hit) ? '' : 'NOT ANY'}`)
  if (!okLine || names.length) {
    for (const r of ranges) console.log(`  ${hit(r) ? '*' : ' '}Q ${r.start + 1}-${r.end + 1} ${r.anchor.rule.id} ${r.anchor.score}: ${lines.body(r.anchor.index).slice(0, 150)}`)
    if (!clean) for (const [f] of c.label.lines.slice(0, 4)) { const a = anchors.find((x) => x.index + 1 === f) ?? finder.found.flat().find((x) => x.index + 1 === f); console.log(`   L ${f} ${a ? a.rule.id + ' ' + a.score : 'no anchor'} n=${counts[f - 1]}: ${lines.body(f - 1).slice(0, 150)}`) }
  } else { const r = ranges[0]!; console.log(`   C ${r.anchor.rule.id}: ${lines.body(r.anchor.index).slice(0, 150)}`) }
}
