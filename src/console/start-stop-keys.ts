// The keys that start and stop a job, the same on every page that has one.

export const startStopHint = 'Ctrl+Enter starts, Esc stops'

/** Anywhere in `node`: they press the buttons, so that one that is disabled does nothing. */
export function onStartStopKeys(node: HTMLElement, start: HTMLButtonElement, stop: HTMLButtonElement): void {
  node.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      // On a button that has the focus, Enter would press it as well.
      event.preventDefault()
      start.click()
    }
    if (event.key === 'Escape') stop.click()
  })
}
