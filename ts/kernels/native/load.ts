import {
  BindingNotFoundError,
  DistributedError,
  DTypeError,
  OutOfMemoryError,
  ShapeError,
  ValueError,
} from '../../errors.js'
import { reasonOf } from '../../show.js'
import { threadsFromEnvironment } from '../environment.js'
import type { Addon, NativeProgram } from './addon.js'
import { describeLibc, describePlaces, describeRuntime, diagnosisOf } from './diagnosis.js'
import { platform } from './runtime.js'
import { loadBinary } from './search.js'

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
    binding = loadBinary() as Addon
  } catch (error) {
    // The one error that the addon itself throws while it loads: an unusable GRADLANE_ISA.
    if ((error as { code?: unknown } | null)?.code === 'ERR_VALUE') {
      throw new ValueError(reasonOf(error))
    }
    throw notFound(error)
  }
  binding.setErrorClasses(ShapeError, DTypeError, ValueError, OutOfMemoryError, DistributedError)
  if (threads !== undefined) binding.setDefaultNumThreads(threads)
  // The exports of an addon are an object in slow dictionary mode; a spread copy has a fixed shape,
  // and a call through it saves some 10 ns.
  loaded = { ...binding }
  return loaded
}

function notFound(cause: unknown): BindingNotFoundError {
  const { reason, fix, findings } = diagnosisOf(cause)
  const lines = [
    'gradlane: no native binary could be loaded',
    `  platform: ${[platform, describeLibc(), describeRuntime()].filter(Boolean).join(', ')}`,
    ...describePlaces(findings).map((line) => `  ${line}`),
    ...reason.split('\n').map((line, i) => (i === 0 ? `  reason: ${line}` : `    ${line}`)),
    `  fix: ${fix}`,
    '  `npx gradlane doctor` tells more; with GRADLANE_BACKEND=reference gradlane computes without a binary, slowly',
  ]
  return new BindingNotFoundError(lines.join('\n'), { cause })
}
