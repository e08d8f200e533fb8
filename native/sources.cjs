'use strict'
// What sources.json says, for scripts, and for gyp:
//   node native/sources.cjs core -Os | binding -O2 | coreFlags | kernelFlags
//   node native/sources.cjs kernels -O3 x64 avx2    files of an ISA target that are compiled at a level
//   node native/sources.cjs flags x64 avx2          flags of an ISA target
const sources = require('./sources.json')

const stem = (file) => file.replace(/^.*\/(.*)\.cc$/, '$1')

// The files of an ISA target by level: its own for all of them, or that of each. `only` names the
// families that the target overrides.
function kernels({ level, only }) {
  const wanted = (file) => only === undefined || only.includes(stem(file))
  const levels = Object.entries(sources.kernels).map(([of, files]) => [of, files.filter(wanted)])
  if (level === undefined) return Object.fromEntries(levels)
  return { [level]: levels.flatMap(([, files]) => files) }
}

function list([what, ...of]) {
  const targetOf = (arch, name) => sources.isaTargets[arch].find((target) => target.name === name)
  if (what === 'flags') return targetOf(...of).flags
  const [level, arch, name] = of
  if (what === 'kernels') return kernels(targetOf(arch, name))[level]
  return level === undefined ? sources[what] : sources[what][level]
}

module.exports = { ...sources, kernels }

if (require.main === module) process.stdout.write(list(process.argv.slice(2)).join('\n') + '\n')
