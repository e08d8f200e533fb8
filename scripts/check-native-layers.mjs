// Each folder of native/ includes only folders below it, kernels see no more than their tables, and
// every source file is in native/sources.json, the list that both builds read.
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'

const layers = ['base', 'cpu', 'parallel', 'kernels', 'ops', 'program', 'binding']
const outside = ['test', 'bench'] // may include everything but the binding
const complaints = []

function allowed(folder, file, target) {
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
  const to = layers.indexOf(targetFolder)
  return to >= 0 && to <= layers.indexOf(folder)
}

const files = fs
  .readdirSync('native', { recursive: true })
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => /\.(cc|h)$/.test(file))

for (const file of files) {
  const [folder] = file.split('/')
  const text = fs.readFileSync(path.join('native', file), 'utf8')
  for (const [, target] of text.matchAll(/^\s*#include "([^"]+)"/gm)) {
    if (!fs.existsSync(path.join('native', target))) {
      complaints.push(`native/${file}: "${target}" is not a path from native/`)
    } else if (!allowed(folder, file, target)) {
      complaints.push(`native/${file}: ${folder} must not include "${target}"`)
    }
  }
  if (folder !== 'binding' && /#include <n(ode_)?api\.h>/.test(text)) {
    complaints.push(`native/${file}: only native/binding knows Node-API`)
  }
}

const sources = JSON.parse(fs.readFileSync('native/sources.json', 'utf8'))
const listed = ['core', 'kernels', 'binding', 'tests', 'benchmarks'].flatMap((key) => sources[key])
const written = files.filter((file) => file.endsWith('.cc')).map((file) => `native/${file}`)
for (const file of written) {
  if (!listed.includes(file)) complaints.push(`${file} is not in native/sources.json`)
}
for (const file of listed) {
  if (!written.includes(file))
    complaints.push(`native/sources.json lists ${file}, which is not there`)
}

if (complaints.length > 0) {
  console.error(complaints.join('\n'))
  process.exit(1)
}
