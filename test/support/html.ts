const VOID = new Set(['meta', 'link', 'img', 'br', 'hr', 'input'])

/** Markup without scripts and styles. */
function markup(html: string): string {
  return html.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '')
}

/** What is wrong with the nesting of elements; null when nothing is. */
export function imbalance(html: string): string | null {
  const open: string[] = []
  for (const [tag, slash, name, end] of markup(html).matchAll(
    /<(\/?)([a-z][a-z0-9]*)(?:\s+[a-zA-Z0-9-]+(?:="[^"]*")?)*\s*(\/?)>|<(?!!doctype)[^>]*>?/g,
  )) {
    if (name === undefined) return `no tag: ${tag}`
    if (end === '/' || VOID.has(name)) continue
    if (slash === '') open.push(name)
    else if (open.pop() !== name) return `${tag} closes nothing`
  }
  return open.length === 0 ? null : `not closed: ${open.join()}`
}

/** The text that a reader sees, with single spaces between cells and lines. */
export function textOf(html: string): string {
  return markup(html)
    .replace(/<(?:\/t[dh]|\/tr|\/p|\/li|\/dt|\/dd|\/h\d|\/small|\/div)[^>]*>/g, ' ')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim()
}
