import { BindingNotFoundError } from '../errors.js'
import {
  type BackendName,
  backendFromEnvironment,
  checkedBackend,
  threadsFromEnvironment,
} from './environment.js'
import type { Kernels } from './kernels.js'
import { native } from './native/index.js'
import { addon } from './native/load.js'
import { reference } from './reference/index.js'

let current: Kernels | undefined

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
 */
export function setBackend(name: BackendName): void {
  if (checkedBackend('setBackend', name) === 'native') addon()
  current = name === 'native' ? native : reference
}

/** The name of the backend in use. */
export function getBackend(): BackendName {
  return kernels().name
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
