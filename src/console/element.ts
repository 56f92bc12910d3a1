// Elements from plain values. Text is always text: nothing that a model or a log says is ever read as HTML.

type Child = Node | string | null | undefined | false

interface Properties {
  class?: string
  text?: string
  /** Everything else becomes an attribute; true is an attribute without a value. */
  [attribute: string]: string | number | boolean | null | undefined
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue
    if (name === 'text') made.textContent = String(value)
    else made.setAttribute(name, value === true ? '' : String(value))
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false))
  return made
}

export function button(label: string, onClick: () => void, properties: Properties = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...properties, text: label })
  made.addEventListener('click', onClick)
  return made
}

/** A button that puts a text on the clipboard and says so. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const made = button(label, async () => {
    const copied = await copy(text())
    made.textContent = copied ? 'Copied' : 'Copying failed'
    setTimeout(() => {
      made.textContent = label
    }, 1500)
  })
  return made
}

/** The clipboard needs a secure origin; elsewhere a selected field does. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = element('textarea', { class: 'off-screen', 'aria-hidden': 'true' })
    field.value = text
    document.body.append(field)
    field.select()
    const copied = document.execCommand('copy')
    field.remove()
    return copied
  }
}

/** A labelled control. */
export function labelled(label: string, control: HTMLElement, hint?: string): HTMLElement {
  const id = `field-${label.toLowerCase().replaceAll(/\W+/g, '-')}`
  control.id = id
  return element(
    'div',
    { class: 'field' },
    element('label', { for: id, text: label }),
    control,
    hint === undefined ? null : element('small', { text: hint }),
  )
}

/** Something worth a word to those who don't see the page change. */
export function announcer(): { node: HTMLElement; say(text: string): void } {
  const node = element('p', { class: 'off-screen', 'aria-live': 'polite' })
  return {
    node,
    say(text) {
      node.textContent = text
    },
  }
}
