// What an import of the package reads: few files, which hold no more than they should.
import { strict as assert } from 'node:assert'
import fs from 'node:fs'
import path from 'node:path'

const MOST_FILES = 3
const KIB = 1024
/** Of the files that an import reads at once, together. In CommonJS each use of shared.cjs names it anew. */
const MOST_BYTES = { 'index.js': 864 * KIB, 'index.cjs': 912 * KIB }

/** The file and all that it imports at once; what it loads when asked for (`import()`) comes later. */
function filesOf(file, seen = new Set()) {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = fs.readFileSync(file, 'utf8')
  const imports = text.matchAll(
    /^import\b.*?"(\.[^"]+)"|^(?:const|let|var) \w+ = (?:\w+\()?require\("(\.[^"]+)"/gm,
  )
  for (const [, imported, required] of imports) {
    filesOf(path.join(path.dirname(file), imported ?? required), seen)
  }
  return seen
}

/** Throws an AssertionError for an entry of the installed package that reads too much. */
export function checkEntry(packageFolder) {
  for (const [entry, most] of Object.entries(MOST_BYTES)) {
    const files = [...filesOf(path.join(packageFolder, 'dist', entry))]
    const bytes = files.reduce((sum, file) => sum + fs.statSync(file).size, 0)
    const names = files.map((file) => path.basename(file)).join(', ')
    assert.ok(
      files.length <= MOST_FILES,
      `${entry} reads ${names}, at most ${MOST_FILES} files are allowed`,
    )
    assert.ok(bytes <= most, `${names} have ${bytes} bytes, ${most} are the limit`)
    console.log(`an import reads ${names}: ${Math.ceil(bytes / KIB)} of ${most / KIB} KiB`)
  }
}
