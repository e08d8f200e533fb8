// Which methods of Module a class derived from it has by itself.
import type { Method, OwnPasses } from './free-pass.js'

type MethodName = 'forward' | 'backward' | 'computeOutput'

export interface OwnMethods {
  /** What is called in the place of the hooks where a class has a `forward` of its own. */
  readonly passes: OwnPasses | null
  readonly hasBackward: boolean
}

/**
 * What the class of a module has in the place of the methods of `base`, the prototype of Module; those are put
 * before it where they go around.
 */
export function takeOwnMethods(module: object, base: object): OwnMethods {
  const forward = overriding(module, base, 'forward')
  const backward = overriding(module, base, 'backward')
  const hasBackward = backward !== null
  if (forward === null) return { passes: null, hasBackward }
  if (overriding(module, base, 'computeOutput') !== null) {
    // With hooks beside it a `forward` of one's own does something around that of Module.
    if (isNearer(module, 'computeOutput', 'forward')) put(module, base, 'forward')
    return { passes: null, hasBackward }
  }
  put(module, base, 'forward')
  if (hasBackward) put(module, base, 'backward')
  return { passes: { forward, backward }, hasBackward }
}

function overriding(module: object, base: object, name: MethodName): Method | null {
  const method = Reflect.get<object, string>(module, name) as Method
  return method === Reflect.get(base, name) ? null : method
}

/** Whether a class that has the one method is derived from all that have the other. */
function isNearer(module: object, one: MethodName, other: MethodName): boolean {
  let prototype: object = Reflect.getPrototypeOf(module)!
  while (!Object.hasOwn(prototype, other)) {
    if (Object.hasOwn(prototype, one)) return true
    prototype = Reflect.getPrototypeOf(prototype)!
  }
  return false
}

/** Puts a method of Module before that of a class derived from it. Not enumerable: no part of its state. */
function put(module: object, base: object, name: MethodName): void {
  const value = (Reflect.get(base, name) as Method).bind(module)
  Object.defineProperty(module, name, { value, configurable: true, writable: true })
}
