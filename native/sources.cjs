'use strict'
// What sources.json says, for scripts, and for gyp:
//   node native/sources.cjs core -Os | binding -O2 | coreFlags | kernelFlags
//   node native/sources.cjs kernels -O3 x64 avx2    files of a row that are compiled at a level
//   node native/sources.cjs flags x64 avx2          flags of a row
const sources = require('./sources.json')

const stem = (file) => file.replace(/^.*\/(.*)\.cc$/, '$1')

// The files of a row by level: its own for all of them, or that of each. `only` names the families
// that the row overrides.
function kernels({ level, only }) {
  const wanted = (file) => only === undefined || only.includes(stem(file))
  const levels = Object.entries(sources.kernels).map(([of, files]) => [of, files.filter(wanted)])
  if (level === undefined) return Object.fromEntries(levels)
  return { [level]: levels.flatMap(([, files]) => files) }
}

function list([what, ...of]) {
  const rowOf = (arch, name) => sources.rows[arch].find((row) => row.name === name)
  if (what === 'flags') return rowOf(...of).flags
  const [level, arch, name] = of
  if (what === 'kernels') return kernels(rowOf(arch, name))[level]
  return level === undefined ? sources[what] : sources[what][level]
}

module.exports = { ...sources, kernels }

if (require.main === module) process.stdout.write(list(process.argv.slice(2)).join('\n') + '\n')
