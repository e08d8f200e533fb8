'use strict'
// Prints entries of sources.json for gyp: core | kernels | binding | kernelFlags | flags x64 avx2.
const sources = require('./sources.json')
const [what, arch, row] = process.argv.slice(2)
const list = what === 'flags' ? sources.rows[arch].find((r) => r.name === row).flags : sources[what]
if (!list) throw new Error(`native/sources.json has no "${what}"`)
process.stdout.write(list.join('\n') + '\n')
