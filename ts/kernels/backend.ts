import { checkArguments } from '../check.js'
import { withholdMemory } from './allocate.js'
import { BindingNotFoundError, CaptureError, GradlaneError, retell } from '../errors.js'
import {
  type BackendName,
  backendFromEnvironment,
  checkedBackend,
  threadsFromEnvironment,
} from './environment.js'
import type { KernelCall, Kernels } from './kernels.js'
import { native } from './native/index.js'
import { addon } from './native/load.js'
import { CompiledProgram } from './native/program.js'
import { type Caller, type Capture, nameOf, type Program } from './program.js'
import { reference } from './reference/index.js'
import { InterpretedProgram } from './reference/program.js'

let current: Kernels | undefined
/** What computes while `current` is a recorder. */
let computing: Kernels | undefined
/** Computes nothing. */
const idle = Object.fromEntries(
  Object.keys(reference).map((method) => [method, (): void => {}]),
) as unknown as Kernels
/** Whose recording it is. */
let capturing: Capture | null = null
/** Who calls a kernel through `callFor`. */
let calling: Caller | undefined

/**
 * The backend that all modules, criteria and optimizers compute with. It is chosen at the first
 * call: `GRADLANE_BACKEND` (`native` or `reference`), native by default. Where no native binary can
 * be loaded, the default falls back to the reference with one process warning.
 *
 * @throws BindingNotFoundError when `GRADLANE_BACKEND=native` and no binary can be loaded.
 * @throws ValueError when one of the `GRADLANE_*` variables has an unusable value.
 */
export function kernels(): Kernels {
  return current ?? choose()
}

/**
 * Switches the backend, for this thread of JavaScript and from the next operation on.
 *
 * @throws BindingNotFoundError when `native` cannot be loaded; the backend in use stays.
 * @throws ValueError when `name` is neither `native` nor `reference`.
 * @throws CaptureError while a step is being captured.
 */
export function setBackend(name: BackendName): void {
  checkArguments('setBackend', 1, arguments)
  refuseWhileRecording('setBackend')
  if (checkedBackend('setBackend', name) === 'native') addon()
  current = name === 'native' ? native : reference
}

/** The name of the backend in use. */
export function getBackend(): BackendName {
  checkArguments('getBackend', 0, arguments)
  return kernels().name
}

/** Recorded calls as a program of the backend in use. */
export function programOf(calls: readonly KernelCall[]): Program {
  return kernels().name === 'native' ? new CompiledProgram(calls) : new InterpretedProgram(calls)
}

/**
 * Runs `body` with `recorder` in the place of the backend, for `capture`, which stands for the recordings of
 * one step.
 *
 * @internal
 */
export function recordWith<T>(capture: Capture, recorder: Kernels, body: () => T): T {
  const backend = kernels()
  current = recorder
  computing = backend
  capturing = capture
  try {
    return body()
  } finally {
    current = backend
    computing = undefined
    capturing = null
  }
}

/**
 * Runs `body`, which makes modules whose tensors have shapes and no memory: nothing is computed or drawn.
 * They take over the memory of others by `Tensor.adopt`, which `isWithheld` tells apart.
 *
 * @throws CaptureError while a step is being captured.
 * @internal
 */
export function describeOnly<T>(body: () => T): T {
  refuseWhileRecording('making modules of a file')
  const backend = kernels()
  current = { ...idle, name: backend.name }
  try {
    return withholdMemory(body)
  } finally {
    current = backend
  }
}

/** Stands for the step that is being captured; null while kernel calls are computed. */
export function currentCapture(): Capture | null {
  return capturing
}

/**
 * Says that what is computed depends on properties of an object, so that a step that is being captured
 * is captured again when they are set.
 *
 * @internal
 */
export function noteUse(object: object): void {
  if (capturing !== null) capturing.used.add(object)
}

/**
 * Runs a kernel that may find a wrong number in a tensor, an index or a label, but does not know whose it
 * is: its error begins with `who`, also in the replay of a captured step.
 *
 * @internal
 */
export function callFor<T>(who: Caller, body: () => T): T {
  calling = who
  try {
    return body()
  } catch (error) {
    if (error instanceof GradlaneError) tellCaller(error, who)
    throw error
  } finally {
    calling = undefined
  }
}

/** Whose the kernel calls are that are made now. */
export function currentCaller(): Caller | undefined {
  return calling
}

/** Puts the name of a caller in the place of the kernel's, with which errors of kernels begin. */
export function tellCaller(error: Error, who: Caller): void {
  retell(
    error,
    error.message.replace(/^\w+(?=: )/, () => nameOf(who)),
  )
}

/**
 * Says that an object keeps the results of a pass, which are not there while a step is being captured.
 *
 * @internal
 */
export function notePass(object: object): void {
  if (capturing !== null) capturing.passed.add(object)
}

/**
 * Runs `body` with the backend itself, for what a module prepares once and keeps: were it recorded,
 * it would never be computed.
 *
 * @internal
 */
export function computeNow<T>(body: () => T): T {
  if (computing === undefined) return body()
  const recorder = current
  const backend = computing
  current = backend
  computing = undefined
  try {
    return body()
  } finally {
    current = recorder
    computing = backend
  }
}

/** Whether kernel calls are being recorded instead of computed. */
export function isRecording(): boolean {
  return computing !== undefined
}

/**
 * For what cannot be recorded: a replay runs kernels and no JavaScript.
 *
 * @throws CaptureError while a step is being captured.
 */
export function refuseWhileRecording(what: string, hint?: string): void {
  if (computing === undefined) return
  throw new CaptureError(
    `${what} cannot be part of a captured step, which runs again without JavaScript` +
      (hint === undefined ? '' : `; ${hint}`),
  )
}

function choose(): Kernels {
  const wanted = backendFromEnvironment()
  threadsFromEnvironment()
  const chosen = wanted === 'reference' ? reference : nativeOrFallback(wanted === 'native')
  current = chosen
  return chosen
}

function nativeOrFallback(demanded: boolean): Kernels {
  try {
    addon()
    return native
  } catch (error) {
    if (demanded || !(error instanceof BindingNotFoundError)) throw error
    process.emitWarning(
      'gradlane computes in plain TypeScript, correctly but many times slower, because its native ' +
        `binary could not be loaded.\n${error.message}`,
      { type: 'GradlaneWarning', code: 'GRADLANE_REFERENCE_BACKEND' },
    )
    return reference
  }
}
