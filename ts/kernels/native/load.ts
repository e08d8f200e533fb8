import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import {
  BindingNotFoundError,
  DTypeError,
  OutOfMemoryError,
  ShapeError,
  ValueError,
} from '../../errors.js'
import { reasonOf } from '../../show.js'
import { threadsFromEnvironment } from '../environment.js'
import type { Addon, NativeProgram } from './addon.js'
import { isTruncated } from './truncated.js'

/** As deep below the package root in ts/ as in dist/. */
const root = fileURLToPath(new URL('../../../', import.meta.url))
const require = createRequire(import.meta.url)

/** The package node-gyp-build: `path` finds the file for this platform or throws. */
interface NodeGypBuild {
  path(directory: string): string
}

let loaded: Addon | undefined

/**
 * The addon, loaded at the first call. The only way to it.
 *
 * @throws BindingNotFoundError when no binary for this platform is there or it cannot be loaded.
 * @throws ValueError when `GRADLANE_ISA` is unknown or not supported by this CPU, or
 * `GRADLANE_NUM_THREADS` is not a whole number ≥ 1.
 */
export function addon(): Addon {
  return loaded ?? load()
}

/**
 * Runs `body` with operations going into `program` instead of being executed.
 *
 * @internal
 */
export function addTo(program: NativeProgram, body: () => void): void {
  const executing = addon()
  loaded = adder(executing, program)
  try {
    body()
  } finally {
    loaded = executing
  }
}

function adder(executing: Addon, program: NativeProgram): Addon {
  const names = Object.keys(executing)
  return Object.fromEntries(
    names.map((name) => [name, program.add.bind(program, name)]),
  ) as unknown as Addon
}

function load(): Addon {
  const threads = threadsFromEnvironment()
  let binding: Addon
  try {
    const file = (require('node-gyp-build') as NodeGypBuild).path(root)
    if (isTruncated(file)) throw new Error(`${file} is incomplete`)
    binding = require(file) as Addon
  } catch (error) {
    // The one error that the addon itself throws while it loads: an unusable GRADLANE_ISA.
    if ((error as { code?: unknown } | null)?.code === 'ERR_VALUE') {
      throw new ValueError(reasonOf(error))
    }
    throw notFound(error)
  }
  binding.setErrorClasses(ShapeError, DTypeError, ValueError, OutOfMemoryError)
  if (threads !== undefined) binding.setDefaultNumThreads(threads)
  // The exports of an addon are an object in slow dictionary mode; a spread copy has a fixed shape,
  // and a call through it saves some 10 ns.
  loaded = { ...binding }
  return loaded
}

function notFound(cause: unknown): BindingNotFoundError {
  const reason = reasonOf(cause)
  const platform = `${process.platform}-${process.arch}`
  const tried = [
    path.join(root, 'build', 'Release'),
    path.join(root, 'build', 'Debug'),
    path.join(root, 'prebuilds', platform),
    path.join(path.dirname(process.execPath), 'prebuilds', platform),
  ]
  const lines = [
    'gradlane: no native binary could be loaded',
    `  platform: ${platform}, libc: ${libc()}, Node ${process.versions.node} with Node-API ` +
      `${process.versions.napi ?? 'unknown'} (8 is needed)`,
    ...tried.map((directory) => `  tried: ${directory}`),
    ...reason.split('\n').map((line, i) => (i === 0 ? `  reason: ${line}` : `    ${line}`)),
    `  fix: ${fix(reason)}`,
  ]
  return new BindingNotFoundError(lines.join('\n'), { cause })
}

function fix(reason: string): string {
  if (/GLIBC|GLIBCXX|libstdc\+\+/.test(reason)) {
    return 'the C or C++ library of this system is older than the binary needs; build from a source checkout with `npm run build:addon`'
  }
  return (
    'reinstall on this platform (`npm install --force gradlane`): a node_modules folder that was made ' +
    'on another one holds no binary for it. In a source checkout run `npm run build:addon`. With ' +
    'GRADLANE_BACKEND=reference gradlane runs without a binary, slowly'
  )
}

function libc(): string {
  if (process.platform !== 'linux') return 'of the system'
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  const glibc = report.header?.glibcVersionRuntime
  return glibc === undefined ? 'musl or unknown' : `glibc ${glibc}`
}
