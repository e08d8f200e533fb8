import { GradlaneError, retell } from '../errors.js'

/** What `located` needs of a module. */
interface Locatable {
  namedModules(): Iterable<[string, unknown]>
}

interface Origin {
  readonly module: unknown
  readonly message: string
}

const origins = new WeakMap<GradlaneError, Origin>()

/**
 * Puts the path of the module that complained in front of its message, as seen from `module`, which
 * the error passes through on its way out; the outermost module wins: `Sequential.2 Linear(784, 128):
 * expected …`. Returns the error.
 */
export function located(error: unknown, module: Locatable): unknown {
  if (!(error instanceof GradlaneError)) return error
  const origin = origins.get(error)
  if (origin === undefined) {
    origins.set(error, { module, message: error.message })
    return error
  }
  if (origin.module === module) return error
  for (const [path, candidate] of module.namedModules()) {
    if (candidate === origin.module) {
      retell(error, `${module.constructor.name}.${path} ${origin.message}`)
      break
    }
  }
  return error
}
