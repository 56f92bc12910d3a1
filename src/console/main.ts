// The page's frame: which page the address names, the service's health, the key and the theme.

import { AnalyzePage } from './analyze-page.ts'
import { element } from './element.ts'
import { GeneratePage } from './generate-page.ts'
import { JobsPage } from './jobs-page.ts'
import { onKeyWanted, setKey } from './service.ts'

const healthMs = 5000
const themes = ['auto', 'light', 'dark']

interface Page {
  node: HTMLElement
  open?(id: string | null): void
  show?(): void
  hide?(): void
}

const pages: Record<string, { title: string; page: Page }> = {
  generate: { title: 'Generate', page: new GeneratePage() },
  analyze: { title: 'Analyze', page: new AnalyzePage() },
  jobs: { title: 'Jobs', page: new JobsPage() },
}

const found = <Tag extends HTMLElement>(id: string) => document.getElementById(id) as Tag
let shown: Page | null = null

function route(): void {
  const [, name = 'generate', id = null] = location.hash.split('/')
  const { title, page } = pages[name] ?? (pages.generate as { title: string; page: Page })
  document.title = `${title} – WorkflowAI`
  for (const link of found('pages').querySelectorAll('a')) {
    if (link.textContent === title) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  if (page !== shown) {
    shown?.hide?.()
    shown = page
    found('page').replaceChildren(page.node)
    page.show?.()
  }
  page.open?.(id)
}

async function checkHealth(): Promise<void> {
  const state = found('health')
  try {
    const health = (await (await fetch('/health')).json()) as {
      model: { name: string }
      model_loaded: boolean
      workers: number
    }
    state.textContent = health.model_loaded
      ? `${health.model.name} · ${health.workers} worker${health.workers === 1 ? '' : 's'}`
      : 'no worker yet'
    state.dataset.state = health.model_loaded ? 'up' : 'waiting'
  } catch {
    state.textContent = 'not reachable'
    state.dataset.state = 'down'
  }
}

function askForKey(): Promise<boolean> {
  const dialog = found<HTMLDialogElement>('key-dialog')
  const input = found<HTMLInputElement>('key-value')
  if (!dialog.open) dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        const saved = dialog.returnValue === 'save'
        if (saved) setKey(input.value.trim())
        input.value = ''
        resolve(saved)
      },
      { once: true },
    )
  })
}

function setTheme(theme: string): void {
  localStorage.setItem('workflowai-theme', theme)
  document.documentElement.dataset.theme = theme
  found('theme').textContent = `Theme: ${theme}`
}

for (const [name, { title }] of Object.entries(pages))
  found('pages').append(element('a', { href: `#/${name}`, text: title }))
found('key').addEventListener('click', () => void askForKey())
found('theme').addEventListener('click', () => {
  const next = (themes.indexOf(document.documentElement.dataset.theme ?? 'auto') + 1) % themes.length
  setTheme(themes[next] as string)
})
setTheme(localStorage.getItem('workflowai-theme') ?? 'auto')
onKeyWanted(askForKey)
addEventListener('hashchange', route)
addEventListener('popstate', route)
route()
void checkHealth()
setInterval(() => void checkHealth(), healthMs)
