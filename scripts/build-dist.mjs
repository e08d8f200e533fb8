// npm run build:ts: bundles ts/ into dist/, when a source is newer than it. Made beside it and then
// put into its place, so that dist/ is whole whoever looks at it meanwhile.
//   index.js     the names that `import 'gradlane'` gives, with index.d.ts
//   core.js      what they are, and a source map: one file, for each one more costs an import. What few
//                programs use of it lies in a function that is called for the first of its names
//   later.cjs    that function's content for core.cjs, which can require it then
//   page.js      the report's page, loaded when a report is asked for
//   readers.js   what reads tables, with csv-parse in it, loaded when one is read
//   forecasting.js  what fits and loads forecasters, loaded when one is
//   cli.js       the command `gradlane`; cli-*.js its parts, loaded when they are used
//   *.cjs        the same for tools that cannot `require` an ES module; Node itself can
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { decode, encode } from '@jridgewell/sourcemap-codec'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { tsImport } from 'tsx/esm/api'

import { newestTime } from './newest-time.mjs'

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'))
const inputs = [
  ...['ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'],
  ...['scripts/build-dist.mjs', 'node_modules/rolldown/package.json'],
]
const tsconfig = 'tsconfig.build.json'

/** Modules that look into files of the sources become what they give there. */
const constants = {
  name: 'constants',
  async load(id) {
    const file = path.relative('.', id).replaceAll(path.sep, '/')
    if (file === 'ts/version.ts') {
      const { version } = await source(file)
      return `export const version = ${JSON.stringify(version)}`
    }
    if (['ts/report/assets.ts', 'ts/serve/assets.ts'].includes(file)) {
      const { assets } = await source(file)
      return `const read = ${JSON.stringify(assets())}\nexport const assets = () => read`
    }
    return null
  },
}

const source = (file) => tsImport(`../${file}`, import.meta.url)

/**
 * What few programs use of all that they import, and whatever imports it; but not what is reached by others
 * than the modules that list the names of a namespace, such as `data`.
 */
const LATER = /^ts\/(data\/\w+|io\/model|optim\/scheduler|pipeline|train\/callbacks)\//
const LISTS = /^ts\/(data|(data|io|optim|pipeline|train\/callbacks)\/index)\.ts$/

/** The modules that the entry imports at once, and those of them that it evaluates later. */
function modulesAtOnce() {
  const ids = new Set()
  const later = new Set()
  const nameOf = (id) => path.relative('.', id).replaceAll(path.sep, '/')
  const isList = (id) => LISTS.test(nameOf(id))
  return {
    isLater: (id) => later.has(id),
    isEarly: (id) =>
      (ids.has(id) && !later.has(id) && !isList(id)) || id.includes('rolldown/runtime'),
    plugin: {
      name: 'modules-at-once',
      buildEnd() {
        const visit = (id, seen, ends) => {
          const module = this.getModuleInfo(id)
          if (seen.has(id) || module === null || module.isExternal) return
          seen.add(id)
          if (ends(id)) return
          for (const imported of module.importedIds) visit(imported, seen, ends)
        }
        const entry = path.resolve('ts/index.ts')
        const early = new Set()
        visit(entry, ids, () => false)
        visit(entry, early, isList)
        const others = new Set([...ids].filter((id) => !early.has(id) && !isList(id)))
        const isLater = (id) =>
          LATER.test(nameOf(id)) || this.getModuleInfo(id).importedIds.some((of) => later.has(of))
        for (let known = -1; known < later.size;) {
          known = later.size
          for (const id of others) if (isLater(id)) later.add(id)
        }
      },
    },
  }
}

async function bundleCode(dir) {
  const atOnce = modulesAtOnce()
  const bundle = await rolldown({
    input: { index: 'ts/index.ts' },
    external: ['hyparquet', 'hyparquet-compressors', 'sharp'], // optional peers
    platform: 'node',
    tsconfig,
    plugins: [constants, atOnce.plugin],
    preserveEntrySignatures: 'allow-extension',
    checks: { pluginTimings: false },
  })
  const common = {
    dir,
    comments: { jsdoc: false },
    // As fast to reach as what V8 knows to be initialised.
    topLevelVar: true,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'core', test: atOnce.isEarly, priority: 1 },
        { name: 'later', test: atOnce.isLater },
      ],
    },
    // Short names for what is local to a function, which the source map tells: V8 looks at each one when the
    // file is read. Functions and classes keep theirs, for stacks and messages show them.
    minify: {
      compress: false,
      mangle: { toplevel: false, keepNames: { function: true, class: true } },
      codegen: false,
    },
  }
  await bundle.write({
    ...common,
    format: 'esm',
    sourcemap: true,
    sourcemapExcludeSources: true, // a tenth of the tarball; the bundle is readable itself
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  })
  await bundle.write({
    ...common,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
  })
  await bundle.close()
  const edit = (name, change) => {
    const file = path.join(dir, name)
    fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')))
  }
  for (const name of fs
    .readdirSync(dir)
    .filter((name) => /^(index|core|later)\.c?js$/.test(name))) {
    edit(name, (text) => inAscii(builtinsAsTheyAre(text)))
  }
  const names = publicNames(dir)
  for (const part of ['core', 'later']) {
    for (const name of [`${part}.js`, `${part}.cjs`]) {
      edit(name, (text) => {
        const end = text.search(/^(export \{|Object\.defineProperty\(exports, "(?!Symbol))/m)
        if (end < 0) throw new Error(`${name} exports nothing`)
        return `${text.slice(0, end)}${names[part]}${text.slice(end)}`
      })
    }
  }
  evaluatedLater(dir)
  for (const name of fs.readdirSync(dir).filter((name) => name.endsWith('.cjs'))) {
    edit(name, (text) =>
      text
        .replace(/^const require_later = .*\n/m, '')
        .replaceAll('require_later.', 'require("./later.cjs").'),
    )
  }
}

/** What stands between braces of imports and exports: pairs of the name there and the name here. */
function listed(text, opening) {
  return [...text.matchAll(opening)].flatMap(([, list]) =>
    list.split(',').map((part) => part.trim().split(' as ')),
  )
}

const exportsOf = (text) =>
  new Map(listed(text, /^export \{ (.+) \};$/gm).map(([own, name = own]) => [name, own]))
const importsOf = (text, file) =>
  listed(text, new RegExp(`^import \\{ (.+) \\} from "\\./${file}\\.js";$`, 'gm')).map(
    ([name, own = name]) => [name, own],
  )

/**
 * Puts later.js into core.js as a function that is called for the first of its names: V8 looks over a function
 * in half the time that it takes to compile and run it. A file of its own would take none, but a module
 * cannot be imported at once, as a property of `data` has to be.
 */
function evaluatedLater(dir) {
  const read = (name) => fs.readFileSync(path.join(dir, name), 'utf8')
  const later = read('later.js')
  const core = read('core.js')
  const locals = exportsOf(core)
  const given = importsOf(later, 'core')
  const results = [...exportsOf(later)].map(([name, own]) => `${name}: ${own}`)
  const body = later.replace(/^import .*$/gm, '').replace(/^(export |\/\/# sourceMapping).*$/gm, '')
  const [before] = core.split(/^\/\/# sourceMapping/m)
  const head = `${before.replace(/^export \{/m, 'export { __later,')}var evaluated__later;
function __later() {
	return evaluated__later ??= evaluate__later(${given.map(([name]) => locals.get(name)).join(', ')});
}
function evaluate__later(${given.map(([, own]) => own).join(', ')}) {
`
  const tail = `\treturn { ${results.join(', ')} };\n}\n//# sourceMappingURL=core.js.map\n`
  // On one line, as the import that it replaces, so that the source map holds.
  const runtime = read('rolldown-runtime.js')
    .replace(/^(\/\/|export ).*$/gm, '')
    .replaceAll('\n', ' ')
  const RUNTIME = 'import { t as __exportAll } from "./rolldown-runtime.js";'
  const inlined = head
    .replace(RUNTIME, () => runtime)
    .replace(/^export \{/m, 'export { __exportAll,')
  fs.writeFileSync(path.join(dir, 'core.js'), `${inlined}${body}${tail}`)
  const maps = ['core.js.map', 'later.js.map'].map((name) => JSON.parse(read(name)))
  fs.writeFileSync(path.join(dir, 'core.js.map'), joinedMap(...maps, head.split('\n').length - 1))
  // index.js only names what they have.
  for (const name of ['later.js', 'later.js.map', 'index.js.map', 'rolldown-runtime.js'])
    fs.rmSync(path.join(dir, name))

  for (const name of fs.readdirSync(dir).filter((name) => name.endsWith('.js'))) {
    let text = read(name)
    const taken = importsOf(text, 'later')
    if (taken.length === 0) continue
    const aliases = new Map(taken.map(([alias, own]) => [own, alias]))
    const all = /^import \{ (.+) \} from "\.\/later\.js";$/m
    if (name === 'core.js') throw new Error(`core.js imports ${taken.join(' ')} at once`)
    if (name === 'index.js') {
      text = text
        .replace(RUNTIME, 'import { __exportAll } from "./core.js";')
        .replace(all, 'import { __later } from "./core.js";')
        .replace(/^\/\/# sourceMapping.*\n/m, '')
        .replace(/(\w+: \(\) => )([\w$]+)/g, (getter, start, own) =>
          aliases.has(own) ? `${start}__later().${aliases.get(own)}` : getter,
        )
      const atOnce = [...exportsOf(text).values()].filter((own) => aliases.has(own))
      if (atOnce.length > 0) throw new Error(`index.js exports ${atOnce.join(' ')} at once`)
    } else {
      const parts = taken.map(([alias, own]) => `${alias}: ${own}`).join(', ')
      text = text.replace(all, `import { __later } from "./core.js"; var { ${parts} } = __later();`)
    }
    fs.writeFileSync(path.join(dir, name), text)
  }
}

/** The source map of a file and another one that follows from a line on. */
function joinedMap(first, second, line) {
  const lines = decode(first.mappings)
  while (lines.length < line) lines.push([])
  const moved = ([column, source, at, place, name]) => {
    if (source === undefined) return [column]
    const segment = [column, source + first.sources.length, at, place]
    return name === undefined ? segment : [...segment, name + first.names.length]
  }
  lines.splice(line, Infinity, ...decode(second.mappings).map((row) => row.map(moved)))
  const both = (key) => [...first[key], ...second[key]]
  const mappings = encode(lines)
  return JSON.stringify({ ...first, sources: both('sources'), names: both('names'), mappings })
}

/** What gives functions of the library their public names, where something internal took them. */
function publicNames(dir) {
  const read = (name) => fs.readFileSync(path.join(dir, `${name}.js`), 'utf8')
  const index = read('index')
  const getters = /^\s+(\w+): \(\) => ([\w$]+),?$/gm
  // Those of namespaces, such as nn.functional.
  const namesIn = (text) => [...text.matchAll(getters)].map(([, name, own]) => [own, name])
  const exported = new Map([
    ...namesIn(index),
    ...[...exportsOf(index)].map(([name, own]) => [own, name]),
  ])
  return Object.fromEntries(
    ['core', 'later'].map((part) => {
      const text = read(part)
      const locals = exportsOf(text)
      const taken = importsOf(index, part).flatMap(([name, own]) =>
        [own, exported.get(own)].map((publicName) => [locals.get(name), publicName]),
      )
      const isOf = ([own, name]) =>
        own !== name &&
        own.replace(/\$\d+$/, '') === name &&
        new RegExp(`^(var|(async )?function\\*?|class) ${own.replace('$', '\\$')}\\b`, 'm').test(
          text,
        )
      const renamed = new Map([...taken, ...namesIn(text)].filter(isOf))
      const lines = [...renamed].map(
        ([own, name]) => `Object.defineProperty(${own}, "name", { value: "${name}" });\n`,
      )
      return [part, lines.join('')]
    }),
  )
}

/** Writes other characters as escapes: Node reads a file of ASCII alone in half the time. */
function inAscii(text) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(/[^\0-\x7f]/g, escape)
}

/**
 * Takes Node's modules without `import`, which calls every getter of theirs: that of node:fs loads streams,
 * that of node:util argument parsing and MIME types.
 */
function builtinsAsTheyAre(text) {
  const imports = /^import (?:([\w$]+)(?:, | ))?(?:\{ (.+?) \} )?(?:from )?"(node:[^"]+)";$/gm
  return text.replace(imports, (_, whole, names, module) => {
    const loaded = `process.getBuiltinModule("${module}")`
    const picked = names && `{ ${names.replaceAll(' as ', ': ')} } = `
    if (whole === undefined) return `var ${picked}${loaded};`
    return `var ${whole} = ${loaded}${picked === undefined ? '' : `, ${picked}${whole}`};`
  })
}

/** The command line computes with the index.js that programs import. */
const oneLibrary = {
  name: 'one-library',
  resolveId(source, importer) {
    if (importer === undefined || !source.endsWith('/index.js')) return null
    const target = path.resolve(path.dirname(importer), source)
    return target === path.resolve('ts/index.js') ? { id: './index.js', external: true } : null
  },
}

/** The command line brings along only what index.js keeps to itself. */
async function bundleCommand(dir) {
  const bundle = await rolldown({
    input: { cli: 'ts/cli.ts' },
    external: ['fastify'],
    platform: 'node',
    tsconfig,
    plugins: [constants, oneLibrary],
    checks: { pluginTimings: false },
  })
  await bundle.write({
    dir,
    format: 'esm',
    comments: { jsdoc: false },
    entryFileNames: '[name].js',
    chunkFileNames: 'cli-[name].js',
    codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
  })
  await bundle.close()
}

async function bundleTypes(dir) {
  const bundle = await rolldown({
    input: { index: 'ts/index.ts' },
    platform: 'node',
    plugins: [dts({ tsconfig, emitDtsOnly: true })],
    checks: { pluginTimings: false },
  })
  await bundle.write({ dir, format: 'esm', entryFileNames: '[name].js' })
  await bundle.close()
  fs.copyFileSync(path.join(dir, 'index.d.ts'), path.join(dir, 'index.d.cts'))
}

const started = new Date()
if (Math.max(...inputs.map(newestTime)) >= newestTime('dist/index.js')) {
  const made = `build/dist-${process.pid}`
  const old = `${made}-old`
  fs.rmSync(made, { recursive: true, force: true })
  await bundleCode(made)
  await bundleCommand(made)
  await bundleTypes(made)
  // A source that was changed while it was bundled is newer than what was made of it.
  fs.utimesSync(path.join(made, 'index.js'), started, started)
  if (fs.existsSync('dist')) fs.renameSync('dist', old)
  fs.renameSync(made, 'dist')
  fs.rmSync(old, { recursive: true, force: true })
}
