import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The root of the package, with a slash at its end. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A fenced block of a page. */
export interface Block {
  readonly page: string
  /** The line of its first fence, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** Why it cannot run: the text of `<!-- not run: … -->` on the line before it. */
  readonly notRun: string | null
  /** What it prints: the block of text that follows it with nothing but blank lines between. */
  readonly output: string | null
}

/** The pages that are published: README, SECURITY and those of docs/, as paths from the root. */
export function pages(): string[] {
  const guides = readdirSync(`${root}docs`, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
  return ['README.md', 'SECURITY.md', ...guides.sort()]
}

export const read = (page: string): string => readFileSync(root + page, 'utf8')

/** The fenced blocks of a text, which may stand in lists. */
export function blocksOf(page: string, text: string): Block[] {
  const lines = text.split('\n')
  const blocks: (Block & { readonly end: number })[] = []
  for (let i = 0; i < lines.length; i++) {
    const [, indent = '', fence = '', language = ''] = /^(\s*)(```+)(.*)$/.exec(lines[i]!) ?? []
    if (fence === '') continue
    const end = lines.indexOf(indent + fence, i + 1)
    if (end < 0) throw new Error(`${page}:${i + 1}: the block has no end`)
    const code = lines.slice(i + 1, end).map((line) => line.slice(indent.length))
    const [, notRun = null] = /^\s*<!-- not run: (.*) -->$/.exec(lines[i - 1] ?? '') ?? []
    blocks.push({ page, line: i + 1, language, code: code.join('\n'), notRun, output: null, end })
    i = end
  }
  return blocks.map(({ end, ...block }, i) => {
    const next = blocks[i + 1]
    const follows =
      next?.language === 'text' && lines.slice(end + 1, next.line - 1).every((line) => line === '')
    return { ...block, output: follows ? next.code : null }
  })
}
