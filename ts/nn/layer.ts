import type { Tensor } from '../tensor/tensor.js'
import { isBuiltIn } from './built-in.js'
import { Module } from './module.js'
import { Parameter } from './parameter.js'

/** Base of the built-in modules without children. */
export abstract class Layer extends Module {
  /** Names of the properties that hold a parameter or may come to hold one: those of a built-in class are fixed. */
  #names: readonly string[] | null = null

  readonly #isBuiltIn = isBuiltIn(this)

  protected override computeGradients(
    input: Tensor,
    gradOutput: Tensor,
    wantsInput: boolean,
  ): Tensor | null {
    this.updateGradParameters(input, gradOutput)
    return wantsInput || !this.#isBuiltIn ? this.computeGradInput(input, gradOutput) : null
  }

  override trains(): boolean {
    if (!this.#isBuiltIn) return super.trains()
    const names = this.#parameterNames()
    for (let i = 0; i < names.length; i++) {
      const value = (this as unknown as Record<string, unknown>)[names[i]!]
      if (value instanceof Parameter && value.requiresGrad) return true
    }
    return false
  }

  #parameterNames(): readonly string[] {
    return (this.#names ??= Object.entries(this)
      .filter(([, value]) => value === null || value instanceof Parameter)
      .map(([name]) => name))
  }
}
