// Every binary of prebuilds/, whatever platform it is for: small, of that platform, and where its
// symbols can be read here, with the exports and the versions that it should have.
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

import { root, run } from './pack.mjs'

const MIB = 1 << 20
const EXPORTED = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']
const NEWEST = { GLIBC: '2.28', GLIBCXX: '3.4.25' } // Debian 10, RHEL 8
// The others are made by Clang and hold their C++ library.
const LIMITS = { 'linux-x64/gradlane.glibc.node': 1.25 * MIB }
const OTHER_LIMIT = 1.65 * MIB
const FORMATS = { linux: 'ELF', win32: 'PE', darwin: 'Mach-O' }

function formatOf(file) {
  const start = fs.readFileSync(file).subarray(0, 4)
  if (start.toString('latin1') === '\x7fELF') return 'ELF'
  if (start.toString('latin1', 0, 2) === 'MZ') return 'PE'
  return start.readUInt32LE() === 0xfeedfacf ? 'Mach-O' : 'unknown'
}

function olderOrSame(version, limit) {
  const a = version.split('.').map(Number)
  const b = limit.split('.').map(Number)
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0)
  }
  return true
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

/** Throws an AssertionError that names the first binary with a fault; prints what it looked at. */
export function checkBinaries() {
  const folder = path.join(root, 'prebuilds')
  const objdump = spawnSync('objdump', ['--version']).status === 0
  const entries = fs.readdirSync(folder, { recursive: true }).map((entry) => entry.toString())
  for (const entry of entries.filter((name) => name.endsWith('.node')).sort()) {
    const file = path.join(folder, entry)
    const name = entry.replaceAll(path.sep, '/')
    const { size } = fs.statSync(file)
    const limit = LIMITS[name] ?? OTHER_LIMIT
    assert.ok(size <= limit, `${name} has ${size} bytes, ${limit / MIB} MiB are the limit`)
    const format = formatOf(file)
    assert.equal(format, FORMATS[name.split('-')[0]], `${name} is of another platform`)
    // objdump reads the machines that it was built for.
    const readable = objdump && name.startsWith(`linux-${process.arch}/`)
    if (readable) checkElf(file)
    console.log(
      `${name}: ${format}, ${(size / 1024).toFixed(0)} of ${(limit / 1024).toFixed(0)} KiB` +
        (readable ? ', exports and symbol versions as they should be' : ''),
    )
  }
  if (!objdump) console.log('objdump is not installed: exports and symbol versions not checked')
}
