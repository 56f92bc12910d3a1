// Throughput and time to first token against concurrency, as an SVG: two panels, one line a server.

export interface Series {
  name: string
  points: { concurrency: number; tokensPerSecond: number; ttftP50Ms: number }[]
}

const width = 380
const height = 240
const margin = { left: 56, right: 12, top: 34, bottom: 40 }
const colors = ['#0b6bcb', '#c2410c', '#4d7c0f', '#7e22ce']

export function chart(series: Series[], caption: string): string {
  const panels = [
    panel('Tokens per second', series, ({ tokensPerSecond }) => tokensPerSecond),
    panel('Time to first token, median (ms)', series, ({ ttftP50Ms }) => ttftP50Ms),
  ]
  const legend = series.map(({ name }, i) => {
    const x = 20 + i * 200
    return `<rect x="${x}" y="${height + 12}" width="12" height="12" fill="${colors[i % colors.length]}"/><text x="${x + 18}" y="${height + 22}">${escapeXml(name)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * width} ${height + 60}" font-family="system-ui, sans-serif" font-size="12">
<title>Throughput and time to first token against concurrency</title>
<rect width="100%" height="100%" fill="white"/>
<g>${panels[0]}</g>
<g transform="translate(${width},0)">${panels[1]}</g>
${legend.join('\n')}
<text x="20" y="${height + 46}" fill="#666">${escapeXml(caption)}</text>
</svg>
`
}

function panel(title: string, series: Series[], value: (point: Series['points'][number]) => number): string {
  const all = series.flatMap(({ points }) => points)
  const steps = [...new Set(all.map(({ concurrency }) => concurrency))].sort((a, b) => a - b)
  const top = niceCeiling(Math.max(...all.map(value)))
  const x = (concurrency: number) =>
    margin.left + (steps.indexOf(concurrency) / Math.max(1, steps.length - 1)) * (width - margin.left - margin.right)
  const y = (v: number) => height - margin.bottom - (v / top) * (height - margin.top - margin.bottom)
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(share * top)
    return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}" stroke="#ddd"/><text x="${margin.left - 6}" y="${at + 4}" text-anchor="end">${Math.round(share * top)}</text>`
  })
  const ticks = steps.map(
    (c) => `<text x="${x(c)}" y="${height - margin.bottom + 18}" text-anchor="middle">${c}</text>`,
  )
  const lines = series.map(({ points }, i) => {
    const color = colors[i % colors.length]
    const path = points.map((p) => `${x(p.concurrency).toFixed(1)},${y(value(p)).toFixed(1)}`)
    const dots = points.map(
      (p) => `<circle cx="${x(p.concurrency).toFixed(1)}" cy="${y(value(p)).toFixed(1)}" r="3" fill="${color}"/>`,
    )
    return `<polyline points="${path.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}`
  })
  return `<text x="${margin.left}" y="20" font-weight="600">${title}</text>${grid.join('')}${ticks.join('')}<text x="${width / 2}" y="${height - 6}" text-anchor="middle">streams at once</text>${lines.join('')}`
}

/** The next of 1, 2, 5 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
