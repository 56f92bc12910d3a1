import { labelledLogs } from './test/logs/labelled-logs.ts'
for (const l of labelledLogs()) if (process.argv.includes(l.name)) { const x = l.text.split('\n'); x.forEach((t, i) => { if (x.length < 30 || i > x.length - 16) console.log(`${l.failing.includes(i + 1) ? '»' : ' '}${i + 1} ${t.slice(0, 200)}`) }) }
