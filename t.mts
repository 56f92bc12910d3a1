import { labelledLogs } from './test/logs/labelled-logs.ts'
import { scores, missed } from './test/logs/labelled-scores.ts'
const s = scores(labelledLogs())
const f = s.filter((x) => x.log.failing.length)
console.log(f.length, 'first', f.filter((x) => x.first).length, 'any', f.filter((x) => x.any).length, 'cat', f.filter((x) => x.category).length, 'clean', s.filter((x) => !x.log.failing.length && x.first).length, s.length - f.length)
console.log(missed(s))
for (const x of s.filter((x) => !x.log.failing.length && !x.first)) console.log('NOT CLEAN', x.log.name, x.result.diagnosis.root_cause?.evidence.map((e) => e.quote.slice(0, 120)))
