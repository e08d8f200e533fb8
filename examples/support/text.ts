import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** The Devil's Dictionary by Ambrose Bierce, in the public domain: of Debian's package dict-devil. */
const DICTIONARY = '/usr/share/dictd/devil.dict.dz'

/**
 * A text and where it is from: that of a file, gzipped or not; without one Ambrose Bierce's dictionary where
 * it is installed, otherwise the guides of this project.
 */
export function readText(path?: string): { text: string; from: string } {
  const from = path ?? (existsSync(DICTIONARY) ? DICTIONARY : undefined)
  if (from === undefined) return { text: guides(), from: 'docs/*.md' }
  const bytes = readFileSync(from)
  const isGzipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  return { text: (isGzipped ? gunzipSync(bytes) : bytes).toString('utf8'), from }
}

function guides(): string {
  const folder = fileURLToPath(new URL('../../docs', import.meta.url))
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'))
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
}
