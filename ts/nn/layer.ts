import type { Tensor } from '../tensor/tensor.js'
import { located } from './locate.js'
import { Module } from './module.js'

const builtIn = new WeakSet<object>()

/**
 * Declares a class as built-in: it takes its results from `allocate` and keeps none of them longer
 * than a pass, so a container may lend it a workspace. A class that a user derives from it is not.
 */
export function markBuiltIn(constructor: object): void {
  builtIn.add(constructor)
}

/** Whether the module's very class is a built-in one. */
export function isBuiltIn(module: Module): boolean {
  return builtIn.has(module.constructor)
}

/** Base of the built-in modules without children. */
export abstract class Layer extends Module {
  /** Layers whose backward needs more than input, output and parameters say false. */
  override get repeatable(): boolean {
    return isBuiltIn(this)
  }

  override backwardParameters(input: Tensor, gradOutput: Tensor): void {
    if (!isBuiltIn(this)) {
      super.backwardParameters(input, gradOutput)
      return
    }
    try {
      this.checkBackward(input, gradOutput)
      this.updateGradParameters(input, gradOutput)
    } catch (error) {
      throw located(error, this)
    }
  }

  /** Whether one of the layer's own parameters has `requiresGrad`. */
  protected hasTrainable(): boolean {
    return false
  }

  override trains(): boolean {
    return isBuiltIn(this) ? this.hasTrainable() : super.trains()
  }
}
