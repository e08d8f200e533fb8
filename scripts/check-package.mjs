// npm run check:package: what would be published is small, complete, loads on old systems, and
// trains a network where nothing can be compiled.
//   npm run check:package -- --built    takes the binary that `npm run build:addon` has made
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

import { installInto, npm, pack, root, run, train, withFolder } from './package/pack.mjs'

const MIB = 1 << 20
const EXPORTED = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']
const NEWEST = { GLIBC: '2.28', GLIBCXX: '3.4.25' } // Debian 10, RHEL 8

function olderOrSame(version, limit) {
  const a = version.split('.').map(Number)
  const b = limit.split('.').map(Number)
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0)
  }
  return true
}

function checkTarball({ files, size }) {
  const allowed = /^(dist\/|prebuilds\/|README\.md$|CHANGELOG\.md$|LICENSE$|package\.json$)/
  const names = files.map((file) => file.path)
  const strangers = names.filter((name) => !allowed.test(name))
  assert.deepEqual(strangers, [], 'files that do not belong into the tarball')
  for (const needed of [
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/report/assets/page.css',
    'dist/report/assets/page.js',
    'dist/report/assets/uPlot.LICENSE',
    'dist/report/assets/uPlot.iife.min.js',
    'dist/report/assets/uPlot.min.css',
  ]) {
    assert.ok(names.includes(needed), `${needed} is missing from the tarball`)
  }
  assert.ok(
    names.some((name) => name.endsWith('.node')),
    'the tarball holds no binary',
  )
  assert.ok(size <= 4 * MIB, `the tarball has ${size} bytes, 4 MiB are the limit`)
  const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    assert.ok(!(name in scripts), `an install script: ${name}`)
  }
  console.log(`tarball: ${names.length} files, ${(size / 1024).toFixed(0)} KiB`)
}

function checkElf(file) {
  const symbols = run('objdump', ['-T', file]).split('\n')
  const exported = symbols
    .filter((line) => / g |  w /.test(line) && !line.includes('*UND*'))
    .map((line) => line.split(/\s+/).at(-1))
  assert.deepEqual(exported.sort(), EXPORTED, `${file} exports something else`)
  for (const line of symbols) {
    const [, library, version] = /\((GLIBC|GLIBCXX)_([\d.]+)\)/.exec(line) ?? []
    if (library === undefined) continue
    assert.ok(olderOrSame(version, NEWEST[library]), `${file} needs too new a symbol: ${line}`)
  }
}

function checkBinaries() {
  const folder = path.join(root, 'prebuilds')
  const objdump = spawnSync('objdump', ['--version']).status === 0
  const hereOnly = `linux-${process.arch}`
  for (const entry of fs.readdirSync(folder, { recursive: true })) {
    if (!entry.endsWith('.node')) continue
    const file = path.join(folder, entry)
    const { size } = fs.statSync(file)
    assert.ok(size <= 2 * MIB, `${entry} has ${size} bytes, 2 MiB are the limit`)
    const elf = objdump && entry.startsWith(hereOnly)
    if (elf) checkElf(file)
    console.log(
      `${entry}: ${(size / 1024).toFixed(0)} KiB` +
        (elf ? ', exports and symbol versions as they should be' : ''),
    )
  }
  if (!objdump) console.log('objdump is not installed: exports and symbol versions not checked')
}

withFolder((folder) => {
  const { report, tarball } = pack(folder, { built: process.argv.includes('--built') })
  checkTarball(report)
  checkBinaries()
  const project = path.join(folder, 'project')
  const env = installInto(project, tarball)
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
