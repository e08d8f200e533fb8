// npm run build:ts: bundles ts/ into dist/, when a source is newer than it. Made beside it and then
// put into its place, so that dist/ is whole whoever looks at it meanwhile.
//   index.js     the names that `import 'gradlane'` gives, with index.d.ts
//   core.js      what they are, and a source map: one file, for each one more costs an import
//   page.js      the report's page, loaded when a report is asked for
//   readers.js   what reads tables, with csv-parse in it, loaded when one is read
//   forecasting.js  what fits and loads forecasters, loaded when one is
//   cli.js       the command `gradlane`; cli-*.js its parts, loaded when they are used
//   *.cjs        the same for tools that cannot `require` an ES module; Node itself can
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

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

/** The modules that the entry imports at once, and what Rolldown puts in for them. */
function modulesAtOnce() {
  const ids = new Set()
  return {
    has: (id) => ids.has(id) || id.includes('rolldown/runtime'),
    plugin: {
      name: 'modules-at-once',
      buildEnd() {
        const visit = (id) => {
          const module = this.getModuleInfo(id)
          if (ids.has(id) || module === null || module.isExternal) return
          ids.add(id)
          for (const imported of module.importedIds) visit(imported)
        }
        visit(path.resolve('ts/index.ts'))
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
    checks: { pluginTimings: false },
  })
  const common = {
    dir,
    comments: { jsdoc: false },
    // As fast to reach as what V8 knows to be initialised.
    topLevelVar: true,
    codeSplitting: { groups: [{ name: 'core', test: atOnce.has }] },
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
  for (const file of ['index', 'core'].flatMap((name) => [`${name}.js`, `${name}.cjs`])) {
    const name = path.join(dir, file)
    fs.writeFileSync(name, inAscii(builtinsAsTheyAre(fs.readFileSync(name, 'utf8'))))
  }
  const names = publicNames(dir)
  for (const file of ['core.js', 'core.cjs']) {
    const name = path.join(dir, file)
    const text = fs.readFileSync(name, 'utf8')
    const end = text.search(/^(export \{|Object\.defineProperty\(exports, "(?!Symbol))/m)
    if (end < 0) throw new Error(`${file} exports nothing`)
    fs.writeFileSync(name, `${text.slice(0, end)}${names}${text.slice(end)}`)
  }
}

/** What gives functions of the library their public names, where something internal took them. */
function publicNames(dir) {
  const listed = (text, opening) =>
    [...text.matchAll(opening)].flatMap(([, list]) =>
      list.split(',').map((part) => part.trim().split(' as ')),
    )
  const [index, core] = ['index.js', 'core.js'].map((name) =>
    fs.readFileSync(path.join(dir, name), 'utf8'),
  )
  const locals = new Map(
    listed(core, /^export \{ (.+) \};$/gm).map(([local, alias = local]) => [alias, local]),
  )
  const imported = listed(index, /^import \{ (.+) \} from "\.\/core\.js";$/gm)
  const renamed = imported
    .map(([alias, name = alias]) => [locals.get(alias), name])
    .filter(([local, name]) => local !== name && local.replace(/\$\d+$/, '') === name)
  // Those of namespaces, such as nn.functional.
  for (const [, name, local] of core.matchAll(/^\s+(\w+): \(\) => (\1\$\d+),?$/gm)) {
    if (new RegExp(`^(function|class) ${local.replace('$', '\\$')}\\b`, 'm').test(core))
      renamed.push([local, name])
  }
  return renamed
    .map(([local, name]) => `Object.defineProperty(${local}, "name", { value: "${name}" });\n`)
    .join('')
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
