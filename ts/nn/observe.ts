import { Tensor } from '../tensor/tensor.js'
import type { Module } from './module.js'

/** Who watches the passes through a model. A method that throws ends the pass. */
export interface Observer {
  /** Before the forward of a module. */
  enter?(module: Module, path: string): void
  /** After it. Modules inside come before those around them. */
  forward?(
    module: Module,
    path: string,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
  ): void
  /** Before the backward pass of a module. */
  enterBackward?(module: Module, path: string): void
  /**
   * After the backward pass of a module; there are no `gradInputs` where nobody asked for them. A module
   * that does nothing of its own for `backwardParameters` is told of twice.
   */
  backward?(
    module: Module,
    path: string,
    gradOutputs: readonly Tensor[],
    gradInputs: readonly Tensor[],
  ): void
}

const METHODS = ['forward', 'backward', 'backwardParameters'] as const

/**
 * Has an observer told of every forward and backward pass of a model and of the modules in it, until
 * the returned function is called. Observers are removed in the reverse order of their coming.
 */
export function observe(model: Module, observer: Observer): () => void {
  const undo: (() => void)[] = []
  for (const [path, module] of [...model.namedModules()]) {
    const before = METHODS.map(
      (name) => [name, Object.getOwnPropertyDescriptor(module, name)] as const,
    )
    undo.push(() => {
      for (const [name, descriptor] of before) {
        if (descriptor === undefined) Reflect.deleteProperty(module, name)
        else Object.defineProperty(module, name, descriptor)
      }
    })
    watch(module, path, observer)
  }
  return () => {
    for (const step of undo) step()
  }
}

/** Puts methods of its own before those of its class. Not enumerable: they are no part of its state. */
function watch(module: Module, path: string, observer: Observer): void {
  const forward = module.forward.bind(module)
  const backward = module.backward.bind(module)
  const backwardParameters = module.backwardParameters.bind(module)
  const methods: Pick<Module, (typeof METHODS)[number]> = {
    forward(...inputs) {
      observer.enter?.(module, path)
      const output = forward(...inputs)
      observer.forward?.(module, path, inputs.flatMap(tensorsOf), tensorsOf(output))
      return output
    },
    backward(...given) {
      observer.enterBackward?.(module, path)
      const gradInput = backward(...given)
      observer.backward?.(module, path, tensorsOf(given.at(-1)), tensorsOf(gradInput))
      return gradInput
    },
    backwardParameters(...given) {
      observer.enterBackward?.(module, path)
      backwardParameters(...given)
      observer.backward?.(module, path, tensorsOf(given.at(-1)), [])
    },
  }
  for (const name of METHODS) {
    Object.defineProperty(module, name, {
      value: methods[name],
      configurable: true,
      writable: true,
      enumerable: false,
    })
  }
}

/** One tensor or several, as a module of whatever inputs and outputs takes and gives them, as a list. */
function tensorsOf(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value]
  const parts: unknown[] = typeof value === 'object' && value !== null ? Object.values(value) : []
  return parts.filter((part) => part instanceof Tensor)
}
