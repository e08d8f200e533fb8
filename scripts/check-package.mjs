// npm run check:package: what would be published is small, complete, loads on old systems, and
// trains a network where nothing can be compiled.
//   npm run check:package -- --built      takes the binary that `npm run build:addon` has made
//   npm run check:package -- --release    takes prebuilds/ as it lies there, which must be complete
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

import { checkBinaries, checkComplete } from './package/binaries.mjs'
import { checkEntry } from './package/entry.mjs'
import { installInto, npm, pack, root, train, withFolder } from './package/pack.mjs'

const MIB = 1 << 20
// With the binaries of all seven platforms; one alone is far below.
const PACKED = 4.75 * MIB
const UNPACKED = 12.5 * MIB

function checkTarball({ files, size, unpackedSize }) {
  const allowed =
    /^(dist\/|prebuilds\/|docs\/[\w-]+\.md$|benchmarks\/results\/bench-zen5\.svg$|[A-Z_-]+\.md$|LICENSE$|package\.json$)/
  const names = files.map((file) => file.path)
  const strangers = names.filter((name) => !allowed.test(name))
  assert.deepEqual(strangers, [], 'files that do not belong into the tarball')
  for (const needed of [
    'README.md',
    'docs/training.md',
    'benchmarks/results/bench-zen5.svg',
    'CHANGELOG.md',
    'LICENSE',
    'NOTICES.md',
    'SECURITY.md',
  ]) {
    assert.ok(names.includes(needed), `${needed} is missing from the tarball`)
  }
  assert.ok(
    names.some((name) => name.endsWith('.node')),
    'the tarball holds no binary',
  )
  assert.ok(size <= PACKED, `the tarball has ${size} bytes, ${PACKED} are the limit`)
  assert.ok(unpackedSize <= UNPACKED, `unpacked ${unpackedSize} bytes, ${UNPACKED} are the limit`)
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    assert.ok(!(name in scripts), `an install script: ${name}`)
  }
  const kib = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`
  console.log(`tarball: ${names.length} files, ${kib(size)}, unpacked ${kib(unpackedSize)}`)
}

const prebuilds = path.join(root, 'prebuilds')
const release = process.argv.includes('--release')
if (release) checkComplete(prebuilds) // before anything is built

withFolder((folder) => {
  const { report, tarball } = pack(folder, { built: process.argv.includes('--built'), release })
  checkTarball(report)
  checkBinaries(prebuilds)
  const project = path.join(folder, 'project')
  const env = installInto(project, tarball)
  checkEntry(path.join(project, 'node_modules', 'gradlane'))
  assert.notEqual(
    spawnSync('g++', ['--version'], { env }).status,
    0,
    'a compiler is still on PATH, so this proves nothing',
  )
  for (const line of train(project, env)) console.log(line)
  const installed = npm(['ls', '--all', '--parseable'], { cwd: project })
    .trim()
    .split('\n')
    .slice(1)
  console.log(`installed packages: ${installed.map((entry) => path.basename(entry)).join(', ')}`)
})
