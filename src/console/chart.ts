// A small chart of values over the last minutes, drawn as SVG, with its meaning in words for those who don't see it.

const svg = 'http://www.w3.org/2000/svg'
const width = 300
const height = 80

export interface Point {
  /** Milliseconds since the epoch. */
  at: number
  value: number
}

export class Chart {
  readonly node = document.createElement('figure')
  readonly #drawing = shape('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img' })
  readonly #now = document.createElement('strong')
  readonly #most = document.createElement('small')
  readonly #unit: string
  readonly #title: string
  readonly #dots: boolean

  /** `dots`: single measurements, not a line through time. */
  constructor(title: string, unit: string, dots = false) {
    this.#title = title
    this.#unit = unit
    this.#dots = dots
    this.node.className = 'chart'
    const caption = document.createElement('figcaption')
    caption.append(title, this.#now, this.#most)
    this.node.append(caption, this.#drawing)
  }

  draw(points: Point[], spanMs: number): void {
    const now = Date.now()
    const seen = points.filter(({ at }) => at >= now - spanMs)
    const most = Math.max(1, ...seen.map(({ value }) => value))
    const last = seen.at(-1)?.value ?? 0
    this.#now.textContent = `${format(last)} ${this.#unit}`
    this.#most.textContent = `most ${format(most)}`
    const minutes = Math.ceil(spanMs / 60_000)
    this.#drawing.setAttribute(
      'aria-label',
      `${this.#title} over ${minutes} minutes: now ${format(last)} ${this.#unit}, at most ${format(most)}`,
    )
    const places = seen.map(({ at, value }) => [
      ((at - now + spanMs) / spanMs) * width,
      height - 2 - (value / most) * (height - 6),
    ])
    this.#drawing.replaceChildren(...(this.#dots ? dots(places) : line(places)))
  }
}

function line(places: number[][]): SVGElement[] {
  if (places.length < 2) return []
  const path = places.map(([x, y]) => `${x!.toFixed(1)},${y!.toFixed(1)}`).join(' L')
  const first = places[0]![0]!.toFixed(1)
  const last = places.at(-1)![0]!.toFixed(1)
  return [
    shape('path', { class: 'area', d: `M${first},${height} L${path} L${last},${height} Z` }),
    shape('path', { class: 'line', d: `M${path}` }),
  ]
}

function dots(places: number[][]): SVGElement[] {
  return places.map(([x, y]) => shape('path', { class: 'dot', d: `M${x!.toFixed(1)},${y!.toFixed(1)} h0` }))
}

function shape(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(svg, name)
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
  return made
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString() : String(Math.round(value * 10) / 10)
}
