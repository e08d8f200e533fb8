// npm run build:ts: bundles ts/ into dist/, when a source is newer than it. Made beside it and then
// put into its place, so that dist/ is whole whoever looks at it meanwhile.
//   index.js     everything that `import 'gradlane'` gives, with index.d.ts and a source map
//   page.js      the report's page, loaded when a report is asked for
//   readers.js   what reads tables, with csv-parse in it, loaded when one is read
//   shared.js    what they have in common
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

async function bundleCode(dir) {
  const bundle = await rolldown({
    input: { index: 'ts/index.ts' },
    external: ['hyparquet', 'hyparquet-compressors', 'sharp'], // optional peers
    platform: 'node',
    tsconfig,
    plugins: [constants],
    checks: { pluginTimings: false },
  })
  const common = {
    dir,
    comments: { jsdoc: false },
    // As fast to reach as what V8 knows to be initialised.
    topLevelVar: true,
    codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
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
  for (const file of ['index', 'shared'].flatMap((name) => [`${name}.js`, `${name}.cjs`])) {
    keepAscii(path.join(dir, file))
  }
}

/** Writes other characters as escapes: Node reads a file of ASCII alone in half the time. */
function keepAscii(file) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  const text = fs.readFileSync(file, 'utf8')
  fs.writeFileSync(file, text.replace(/[^\0-\x7f]/g, escape))
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
