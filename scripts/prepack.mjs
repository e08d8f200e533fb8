// npm runs this before it packs: a clone that was not built makes no package, and what a package
// lacks is said.
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { binariesIn, missingFrom, published } from './package/published.mjs'

const root = path.resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)))
const binaries = binariesIn(path.join(root, 'prebuilds'))
const missing = missingFrom(binaries).map((platform) => published[platform])

const faults = []
if (!fs.existsSync(path.join(root, 'dist', 'index.js'))) {
  faults.push('dist/ is missing: `npm run build:ts` makes it')
}
if (binaries.length === 0) {
  faults.push(
    'prebuilds/ holds no binary: `npm run prebuild:here` makes the one of this platform, ' +
      '`npm run release:build` those of all',
  )
}
if (faults.length > 0) {
  console.error(['gradlane: there is nothing to pack.', ...faults].join('\n  '))
  process.exit(1)
}
if (missing.length > 0) {
  console.error(
    `gradlane: a package for tests, not for publishing: it has no binary for ${missing.join(', ')}`,
  )
}
