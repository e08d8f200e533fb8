// npm run check:tools: the packed tarball with bundlers, frameworks, test runners and type checkers, each in
// a fresh folder. Writes docs/tools.md.
//   npm run check:tools -- esbuild jest    those alone, and writes nothing
//   npm run check:tools -- --built         takes the binary that `npm run build:addon` has made
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { pack, root, withFolder } from './package/pack.mjs'
import { bundlers } from './tools/bundlers.mjs'
import { frameworks } from './tools/next.mjs'
import { Project } from './tools/project.mjs'
import { runners } from './tools/runners.mjs'
import { types } from './tools/types.mjs'

const all = { ...bundlers, ...frameworks, ...runners, ...types }
const wanted = process.argv.slice(2).filter((argument) => argument !== '--built')
const unknown = wanted.filter((name) => !(name in all))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`)
  process.exit(2)
}

/** One row for the table; a failure is told in it and on standard error. */
async function check(name, folder, tarball) {
  const { packages, check } = all[name]
  const done = []
  const started = performance.now()
  let failure = ''
  let versions = ''
  try {
    const project = new Project(folder, tarball, packages)
    versions = packages
      .map((entry) => nameOf(entry))
      .map((each) => `${each} ${project.versionOf(each)}`)
      .join(', ')
    for await (const what of check(project)) done.push(what)
  } catch (error) {
    failure = `FAILED after ${done.at(-1) ?? 'the start'}`
    console.error(error)
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const result = [...done, ...(failure ? [failure] : [])].join('; ')
  console.log(`${name} (${seconds} s): ${result}`)
  return { name, versions, result, failed: failure !== '' }
}

/** Of `@scope/name@version` and the like. */
const nameOf = (entry) => entry.replace(/(?<=.)@.*$/, '')

function writeTable(rows, { name, version }) {
  const text = [
    '# Tools',
    '',
    'What `npm run check:tools` came to: the packed tarball in a fresh folder with each tool. What is built or tested',
    'trains a network on the native backend and makes a report. "Bundled" is gradlane in the bundle, run in the project',
    'where it is installed; moved to where nothing is installed, a bundle computes on the reference backend and says how',
    "to leave gradlane out. Type checkers read the declarations without `skipLibCheck`, with and without Node's types.",
    'A program in `.mts` files sees other types than one in `.cts` files: to TypeScript a `Tensor` of the one is none',
    'of the other, though in Node both are the same class. Keep to one kind where tensors pass from file to file.',
    '',
    `Package ${name} ${version} on ${process.platform}-${process.arch}, Node ${process.versions.node}.`,
    '',
    '| tool | versions | result |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row.name} | ${row.versions} | ${row.result} |`),
    '',
    'What to set where gradlane should stay outside of the bundle:',
    '',
    '| tool | line |',
    '| --- | --- |',
    '| esbuild | `--external:gradlane` |',
    "| Rollup | `external: ['gradlane']` |",
    "| webpack | `externals: { gradlane: 'commonjs gradlane' }` |",
    "| Vite | `ssr: { external: ['gradlane'] }` |",
    "| Next | `serverExternalPackages: ['gradlane']`; with `output: 'standalone'` also `outputFileTracingIncludes: { '/*': ['./node_modules/gradlane/prebuilds/**'] }` |",
    '',
  ]
  fs.writeFileSync(path.join(root, 'docs', 'tools.md'), text.join('\n'))
}

await withFolder(async (folder) => {
  const { tarball, report } = pack(folder, { built: process.argv.includes('--built') })
  const rows = []
  for (const name of wanted.length > 0 ? wanted : Object.keys(all)) {
    rows.push(await check(name, path.join(folder, name), tarball))
    fs.rmSync(path.join(folder, name), { recursive: true, force: true })
  }
  if (wanted.length === 0) writeTable(rows, report)
  const failed = rows.filter((row) => row.failed).length
  console.log(`${rows.length - failed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
})
