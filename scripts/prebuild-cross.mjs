// npm run prebuild:cross: the binaries of the other platforms into prebuilds/, each with the Clang
// and libc++ of the PyPI package `ziglang` (pip install ziglang), which brings all of their headers.
//   npm run prebuild:cross -- linux-arm64 win32-x64    those alone
//   GRADLANE_ZIG="python3 -m ziglang"                  how the compiler is called (the default)
// The C++ library is linked in, so these files need nothing but the C library of the platform.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { published } from './package/published.mjs'
import { windowsHost } from './package/windows-host.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)
const require = createRequire(import.meta.url)
const sources = require('../native/sources.cjs')
const zig = (process.env.GRADLANE_ZIG ?? 'python3 -m ziglang').split(' ')

// Names as node-gyp-build looks for them. linux-x64 with glibc is `npm run prebuild:here`'s by default.
const exportsMap = [
  '-Wl,--version-script=native/binding/exports.map',
  '-Wl,-z,nodelete',
  '-Wl,--gc-sections',
  '-ldl',
]
// exported_symbols_list would do as exportsMap does, but zig's linker takes no notice of it, so
// hiddenAllocation() hides what -fvisibility=hidden does not. -x: -s leaves the names of local
// functions in a Mach-O file, a fifth of it.
const machO = ['-undefined', 'dynamic_lookup', '-Wl,-dead_strip', '-Wl,-x']
const platforms = {
  'linux-x64': { target: 'x86_64-linux-gnu.2.28', link: exportsMap },
  'linux-arm64': { target: 'aarch64-linux-gnu.2.28', link: exportsMap },
  'linux-x64-musl': { target: 'x86_64-linux-musl', link: exportsMap },
  'linux-arm64-musl': { target: 'aarch64-linux-musl', link: exportsMap },
  'darwin-arm64': { target: 'aarch64-macos.11.0', link: machO },
  'darwin-x64': { target: 'x86_64-macos.11.0', link: machO },
  'win32-x64': { target: 'x86_64-windows-gnu', link: ['-Wl,--gc-sections'] },
}

const flags = [
  ...['-std=c++20', '-DNDEBUG', '-fPIC', '-fvisibility=hidden'],
  ...['-ffunction-sections', '-fdata-sections'],
  ...['-Wall', '-Wextra', '-Inative', '-DNAPI_VERSION=8'],
  // zig turns the undefined-behaviour checks on unless it is told not to
  ...['-fno-sanitize=all', '-fno-stack-protector', '-g0'],
]
const napi = [
  '-DNAPI_CPP_EXCEPTIONS',
  '-DBUILDING_NODE_EXTENSION', // declares Node's functions as imported, which windowsHost() wants
  '-isystem',
  path.join('node_modules', 'node-addon-api'),
  '-isystem',
  path.join('node_modules', 'node-api-headers', 'include'),
]

function run(args, output = 'inherit') {
  const { status, error, stdout } = spawnSync(zig[0], [...zig.slice(1), ...args], {
    stdio: ['inherit', output, 'inherit'],
    encoding: 'utf8',
  })
  if (status === 0) return stdout
  if (error) console.error(error.message)
  throw new Error(`failed: ${zig.join(' ')} ${args.join(' ')}`)
}

function compilations(target, arch, folder) {
  const units = []
  const add = (levels, suffix, extra) => {
    for (const [level, list] of Object.entries(levels)) {
      for (const source of list) {
        const object = path.join(folder, `${source.replaceAll('/', '_')}.${suffix}.o`)
        const args = ['c++', '-target', target, level, ...flags, ...extra]
        units.push({ source, object, args })
      }
    }
  }
  add(sources.core, 'core', sources.coreFlags)
  add(sources.binding, 'binding', napi)
  for (const isaTarget of sources.isaTargets[arch]) {
    const known = isaTarget.flags.filter((flag) => flag !== '-Wno-maybe-uninitialized') // GCC's alone
    const extra = [`-DGRADLANE_ISA_TARGET=${isaTarget.name}`, ...sources.kernelFlags, ...known]
    add(sources.kernels(isaTarget), isaTarget.name, extra)
  }
  return units
}

/** What Windows needs in place of an import library, for it resolves imports when it links. */
function hostFunctions(target, folder) {
  const definitions = path.join('node_modules', 'node-api-headers', 'def', 'node_api.def')
  const names = fs.readFileSync(definitions, 'utf8').match(/^(napi|node_api)_\w+/gm)
  const [source, object] = ['host.c', 'host.o'].map((file) => path.join(folder, file))
  fs.writeFileSync(source, windowsHost(names))
  run(['cc', '-target', target, '-Os', '-g0', '-fno-sanitize=all', '-c', source, '-o', object])
  return object
}

// Clang exports `operator new` and `delete` whatever the visibility is, and dyld then takes one of
// all images' for everybody. libc++'s file of them, compiled hidden, stands in front of the library.
function hiddenAllocation(target, folder) {
  const environment = run(['env'], 'pipe') // .lib_dir = "..."
  const [, library] = /"?lib_dir"?\s*[=:]\s*("(?:[^"\\]|\\.)*")/.exec(environment) ?? []
  if (library === undefined) throw new Error('`zig env` names no lib_dir')
  const sources = JSON.parse(library)
  const object = path.join(folder, 'operator_new.o')
  run([
    ...['c++', '-target', target, '-Os', ...flags, '-std=c++23'],
    ...['-fvisibility-global-new-delete=force-hidden'],
    ...['-D_LIBCPP_BUILDING_LIBRARY', '-D_LIBCXXABI_BUILDING_LIBRARY'],
    ...['-D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS', '-D_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS'],
    ...['-I', path.join(sources, 'libcxx/src'), '-I', path.join(sources, 'libcxxabi/include')],
    ...['-c', path.join(sources, 'libcxxabi/src/stdlib_new_delete.cpp'), '-o', object],
  ])
  return object
}

function build(name) {
  const { target, link } = platforms[name]
  const [system, arch] = name.split('-')
  const folder = path.join('build', 'cross', name)
  fs.mkdirSync(folder, { recursive: true })
  const units = compilations(target, arch, folder)
  for (const { source, object, args } of units) run([...args, '-c', source, '-o', object])

  const file = path.join('prebuilds', published[name])
  const outFolder = path.dirname(file)
  fs.mkdirSync(outFolder, { recursive: true })
  const libraries = []
  if (system === 'win32') libraries.push(hostFunctions(target, folder))
  if (system === 'darwin') libraries.push(hiddenAllocation(target, folder))
  run([
    // the level of libc++ and of the start-up code, which zig compiles when it links
    ...['c++', '-target', target, '-Os', '-shared', '-s', '-o', file],
    ...units.map(({ object }) => object),
    ...libraries,
    ...link,
  ])
  for (const extra of fs.readdirSync(outFolder)) {
    if (/\.(pdb|lib)$/.test(extra)) fs.rmSync(path.join(outFolder, extra))
  }
  console.log(`${file}: ${(fs.statSync(file).size / 1024).toFixed(0)} KiB`)
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in platforms))
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(platforms).join(', ')}`)
  process.exit(1)
}
const names =
  wanted.length > 0 ? wanted : Object.keys(platforms).filter((name) => name !== 'linux-x64')
const failures = []
for (const name of names) {
  try {
    build(name)
  } catch (error) {
    failures.push(name)
    console.error(`${name}: ${error.message}`)
  }
}
console.log(`${names.length - failures.length} of ${names.length} built on ${os.platform()}`)
process.exit(failures.length > 0 ? 1 : 0)
