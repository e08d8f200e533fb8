// What an import of the package and each command reads: few files, which hold no more than they should.
import { strict as assert } from 'node:assert'
import fs from 'node:fs'
import path from 'node:path'

const MOST_FILES = 3
const KIB = 1024
/** Of the files that an import reads at once, together. */
const MOST_BYTES = { 'index.js': 1120 * KIB, 'index.cjs': 940 * KIB }

/** Of what a command reads beside the library. */
const MOST_BYTES_OF_COMMAND = 72 * KIB
const COMMANDS = ['bench', 'doctor', 'info', 'inspect', 'predict', 'serve', 'train']
const COMMAND_FILES = ['cli.js', 'cli-shared.js', ...COMMANDS.map((name) => `cli-${name}.js`)]
const TYPES = ['index.d.cts', 'index.d.ts']

/** Whether dist/ holds the commands, and each part of the library in all its forms. */
function checkFiles(names) {
  const parts = names
    .filter((name) => /^(?!cli\b)[\w-]+\.js$/.test(name))
    .map((name) => name.slice(0, -'.js'.length))
  for (const needed of ['index', 'core', 'page', 'readers']) {
    assert.ok(parts.includes(needed), `dist/ lacks ${needed}.js`)
  }
  // index.js only names what core.js has.
  const mapped = parts.filter((name) => name !== 'index')
  const expected = [
    ...parts.flatMap((name) => [`${name}.js`, `${name}.cjs`]),
    ...mapped.map((name) => `${name}.js.map`),
    ...['later.cjs', 'rolldown-runtime.cjs', ...TYPES, ...COMMAND_FILES],
  ]
  assert.deepEqual(names.toSorted(), expected.toSorted(), 'the files of dist/')
}

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

/** Throws an AssertionError for an entry or a command of the installed package that reads too much. */
export function checkEntry(packageFolder) {
  const dist = path.join(packageFolder, 'dist')
  checkFiles(fs.readdirSync(dist))
  for (const [entry, most] of Object.entries(MOST_BYTES)) {
    const files = [...filesOf(path.join(dist, entry))]
    const bytes = sizeOf(files)
    const names = files.map((file) => path.basename(file)).join(', ')
    assert.ok(
      files.length <= MOST_FILES,
      `${entry} reads ${names}, at most ${MOST_FILES} files are allowed`,
    )
    assert.ok(bytes <= most, `${names} have ${bytes} bytes, ${most} are the limit`)
    console.log(`an import reads ${names}: ${Math.ceil(bytes / KIB)} of ${most / KIB} KiB`)
  }
  const sizes = COMMANDS.map((name) => {
    const own = ['cli.js', `cli-${name}.js`].flatMap((file) => [...filesOf(path.join(dist, file))])
    const files = new Set(own.filter((file) => path.basename(file).startsWith('cli')))
    const bytes = sizeOf([...files])
    assert.ok(
      bytes <= MOST_BYTES_OF_COMMAND,
      `gradlane ${name} reads ${bytes} bytes of its own, ${MOST_BYTES_OF_COMMAND} are the limit`,
    )
    return `${name} ${Math.ceil(bytes / KIB)}`
  })
  console.log(`commands, in KiB of ${MOST_BYTES_OF_COMMAND / KIB}: ${sizes.join(', ')}`)
}

function sizeOf(files) {
  return files.reduce((sum, file) => sum + fs.statSync(file).size, 0)
}
