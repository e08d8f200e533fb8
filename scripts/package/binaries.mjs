// Every binary of prebuilds/, whatever platform it is for: small, of that platform, with no exports
// but Node-API's, and loading on the oldest systems that it is published for.
import { strict as assert } from 'node:assert'
import fs from 'node:fs'
import path from 'node:path'

import { isElf, readElf } from './format/elf.mjs'
import { isMachO, readMachO } from './format/mach-o.mjs'
import { isPe, readPe } from './format/pe.mjs'
import { binariesIn, missingFrom, published } from './published.mjs'

const MIB = 1 << 20
// linux-x64's links libstdc++ of the system; the others are made by Clang and hold their library.
const LIMITS = { 'linux-x64/gradlane.glibc.node': 1.5 * MIB }
const OTHER_LIMIT = 1.65 * MIB

const ENTRY_POINTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']
/** What zig's linker adds to the exports of every dynamic library of macOS. */
const OF_THE_LINKER = ['___dso_handle', '__mh_dylib_header']
/** Names in a Mach-O file, most of them imports: with its local functions' there were 4,174. */
const MOST_SYMBOLS = 512

// Debian 10, RHEL 8: the libraries of their compiler, GCC 8.
const NEWEST_VERSIONS = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11', GCC: '7.0.0' }
const NEWEST_MACOS = '11.0'
const NEWEST_WINDOWS = '10.0'

const GLIBC = /^(ld-linux-[\w-]+|lib(c|m|dl|rt|pthread))\.so\.\d+$/
const LIBRARIES = {
  'linux-x64/gradlane.glibc.node': [GLIBC, /^libstdc\+\+\.so\.6$/, /^libgcc_s\.so\.1$/],
  'linux-arm64/gradlane.glibc.node': [GLIBC],
  musl: [/^libc\.so$/, /^libc\.musl-\w+\.so\.1$/],
  'Mach-O': [/^\/usr\/lib\/libSystem\.B\.dylib$/],
  PE: [/^(kernel32|ntdll|advapi32)\.dll$/i, /^api-ms-win-crt-[\w-]+\.dll$/i],
}

function read(bytes) {
  if (isElf(bytes)) return readElf(bytes)
  if (isMachO(bytes)) return readMachO(bytes)
  if (isPe(bytes)) return readPe(bytes)
  return { format: 'unknown' }
}

function olderOrSame(version, limit) {
  const a = version.split('.').map(Number)
  const b = limit.split('.').map(Number)
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0)
  }
  return true
}

function checkExports(name, { format, exported, symbols }) {
  const machO = format === 'Mach-O'
  const expected = machO ? ENTRY_POINTS.map((symbol) => `_${symbol}`) : ENTRY_POINTS
  const own = exported.filter((symbol) => !machO || !OF_THE_LINKER.includes(symbol))
  assert.deepEqual(own.sort(), [...expected].sort(), `${name} exports something else`)
  if (machO) {
    assert.ok(
      symbols <= MOST_SYMBOLS,
      `${name} holds the names of ${symbols} symbols, ${MOST_SYMBOLS} are the limit`,
    )
  }
}

function checkFloors(name, { format, libraries, versions = [], system }) {
  const musl = name.includes('.musl.')
  const allowed = musl ? LIBRARIES.musl : (LIBRARIES[name] ?? LIBRARIES[format])
  const strangers = libraries.filter((library) => !allowed.some((known) => known.test(library)))
  assert.deepEqual(strangers, [], `${name} needs libraries that not every system has`)
  for (const wanted of versions) {
    const [library, version] = wanted.split('_')
    const newest = musl ? undefined : NEWEST_VERSIONS[library]
    assert.ok(
      newest !== undefined && olderOrSame(version, newest),
      `${name} needs ${wanted}, ${newest === undefined ? 'which its platform lacks' : `${newest} is the newest allowed`}`,
    )
  }
  const newest = { 'Mach-O': NEWEST_MACOS, PE: NEWEST_WINDOWS }[format]
  if (newest === undefined) return
  assert.ok(
    system !== undefined && olderOrSame(system, newest),
    `${name} starts on version ${system ?? 'unknown'} of its system, ${newest} is the newest allowed`,
  )
}

/** Throws an AssertionError for a binary of that name with a fault; returns a line about it. */
export function checkBinary(name, bytes) {
  const limit = LIMITS[name] ?? OTHER_LIMIT
  assert.ok(Object.values(published).includes(name), `${name} is no file that is published`)
  assert.ok(
    bytes.length <= limit,
    `${name} has ${bytes.length} bytes, ${limit / MIB} MiB are the limit`,
  )
  const [system, arch] = path.posix.dirname(name).split('-')
  const seen = read(bytes)
  const format = { linux: 'ELF', win32: 'PE', darwin: 'Mach-O' }[system]
  assert.deepEqual(
    { format: seen.format, arch: seen.arch },
    { format, arch },
    `${name} is of another platform`,
  )
  checkExports(name, seen)
  checkFloors(name, seen)
  return `${name}: ${format}, ${(bytes.length / 1024).toFixed(0)} of ${(limit / 1024).toFixed(0)} KiB, exports and floors as they should be`
}

/** Throws an AssertionError that names the platforms whose binary a folder like prebuilds/ lacks. */
export function checkComplete(folder) {
  const missing = missingFrom(binariesIn(folder))
  const files = missing.map((platform) => published[platform]).join(', ')
  assert.deepEqual(
    missing,
    [],
    `a release holds the binaries of all platforms; missing: ${files}. \`npm run release:build\` makes them`,
  )
}

/** Checks every binary in the folder; prints what it looked at. */
export function checkBinaries(folder) {
  for (const name of binariesIn(folder)) {
    console.log(checkBinary(name, fs.readFileSync(path.join(folder, name))))
  }
}
