// Each folder of native/ and of ts/ imports only what is below it, and no file of ts/ imports itself in
// a circle. Kernels see no more than their tables, and every native source is in native/sources.json,
// the list that both builds read.
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'

const complaints = []

/** All files below a folder whose names end so, with slashes. */
function filesOf(folder, ending) {
  return fs
    .readdirSync(folder, { recursive: true })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => ending.test(file))
}

// --- native/ -------------------------------------------------------------------------------------
const nativeLayers = [
  'base',
  'cpu',
  'parallel',
  'distributed',
  'kernels',
  'ops',
  'program',
  'binding',
]
const outside = ['test', 'bench'] // may include everything but the binding

function allowed(folder, target) {
  const [targetFolder] = target.split('/')
  if (outside.includes(folder)) return targetFolder !== 'binding'
  if (folder === 'kernels') {
    return (
      ['kernels', 'base'].includes(targetFolder) ||
      target.startsWith('cpu/tables/') ||
      target === 'cpu/kernel_table.h'
    )
  }
  // Bodies are reached through the table alone.
  if (targetFolder === 'kernels') return false
  const to = nativeLayers.indexOf(targetFolder)
  return to >= 0 && to <= nativeLayers.indexOf(folder)
}

const nativeFiles = filesOf('native', /\.(cc|h)$/)
for (const file of nativeFiles) {
  const [folder] = file.split('/')
  const text = fs.readFileSync(path.join('native', file), 'utf8')
  for (const [, target] of text.matchAll(/^\s*#include "([^"]+)"/gm)) {
    if (!fs.existsSync(path.join('native', target))) {
      complaints.push(`native/${file}: "${target}" is not a path from native/`)
    } else if (!allowed(folder, target)) {
      complaints.push(`native/${file}: ${folder} must not include "${target}"`)
    }
  }
  if (folder !== 'binding' && /#include <n(ode_)?api\.h>/.test(text)) {
    complaints.push(`native/${file}: only native/binding knows Node-API`)
  }
}

const sources = JSON.parse(fs.readFileSync('native/sources.json', 'utf8'))
const lists = ['core', 'kernels', 'binding', 'tests', 'testLibraries', 'benchmarks']
const listed = lists.flatMap((key) => Object.values(sources[key]).flat())
const written = nativeFiles.filter((file) => file.endsWith('.cc')).map((file) => `native/${file}`)
for (const file of written) {
  if (!listed.includes(file)) complaints.push(`${file} is not in native/sources.json`)
}
for (const file of listed) {
  if (!written.includes(file))
    complaints.push(`native/sources.json lists ${file}, which is not there`)
}

// --- ts/ -----------------------------------------------------------------------------------------
// From bottom to top: folders, and files that stand beside them. Types count as imports.
const layers = [
  ...[
    'version.ts',
    'place.ts',
    'show.ts',
    'errors.ts',
    'check.ts',
    'binaries.ts',
    'kernels',
    'nearest.ts',
    'class-registry.ts',
    'options.ts',
    'threads.ts',
    'peer.ts',
  ],
  ...['denormals.ts', 'info.ts', 'tensor', 'autograd', 'ops', 'random', 'generation'],
  ...[
    'criterion',
    'nn',
    'optim',
    'data',
    'metrics',
    'io',
    'capture',
    'distributed',
    'train',
    'report',
    'gradient',
    'pipeline',
    'forecast',
    'data.ts',
    'index.ts',
    'doctor.ts',
    'serve',
    'cli',
    'cli.ts',
  ],
]

/** What a file imports at once; what it loads when asked for (`import()`) may stand above it. */
function importsOf(file) {
  const text = fs.readFileSync(path.join('ts', file), 'utf8')
  const found = text.matchAll(/^(?:import|export)\s(?:[^'"]*?from\s+)?'(\.[^']+)\.js'/gm)
  return Array.from(found, ([, target]) =>
    path.posix.join(path.posix.dirname(file), `${target}.ts`),
  )
}

const imports = new Map(filesOf('ts', /\.ts$/).map((file) => [file, importsOf(file)]))
const layerOf = (file) => layers.indexOf(file.split('/')[0])

for (const [file, targets] of imports) {
  if (layerOf(file) < 0) complaints.push(`ts/${file} is in no layer of scripts/check-layers.mjs`)
  for (const target of targets) {
    if (layerOf(target) > layerOf(file)) {
      complaints.push(`ts/${file} must not import ts/${target}, which is above it`)
    }
  }
}

/** The first circle that is met on the ways from a file, or null. */
function circleFrom(file, way, done) {
  if (done.has(file)) return null
  const at = way.indexOf(file)
  if (at >= 0) return [...way.slice(at), file]
  for (const target of imports.get(file) ?? []) {
    const circle = circleFrom(target, [...way, file], done)
    if (circle !== null) return circle
  }
  done.add(file)
  return null
}

const done = new Set()
for (const file of imports.keys()) {
  const circle = circleFrom(file, [], done)
  if (circle === null) continue
  complaints.push(`ts: a circle of imports: ${circle.join(' -> ')}`)
  break
}

if (complaints.length > 0) {
  console.error(complaints.join('\n'))
  process.exit(1)
}
