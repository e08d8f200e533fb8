import type { Tensor } from '../tensor/tensor.js'
import type { Module } from './module.js'

/** Who watches the passes through a model. A method that throws ends the pass. */
export interface Observer {
  /** Before the forward of a module. */
  enter?(module: Module, path: string): void
  /** After it. Modules inside come before those around them. */
  forward?(module: Module, path: string, input: Tensor, output: Tensor): void
  /** Before the backward pass of a module. */
  enterBackward?(module: Module, path: string): void
  /**
   * After the backward pass of a module; `gradInput` is null where nobody asked for it. A module that
   * does nothing of its own for `backwardParameters` is told of twice.
   */
  backward?(module: Module, path: string, gradOutput: Tensor, gradInput: Tensor | null): void
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
    forward(input) {
      observer.enter?.(module, path)
      const output = forward(input)
      observer.forward?.(module, path, input, output)
      return output
    },
    backward(input, gradOutput) {
      observer.enterBackward?.(module, path)
      const gradInput = backward(input, gradOutput)
      observer.backward?.(module, path, gradOutput, gradInput)
      return gradInput
    },
    backwardParameters(input, gradOutput) {
      observer.enterBackward?.(module, path)
      backwardParameters(input, gradOutput)
      observer.backward?.(module, path, gradOutput, null)
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
