import type { Capture, WithGradient } from '../kernels/program.js'
import type { View } from '../kernels/kernels.js'

/**
 * Which gradients there are is decided in JavaScript: what a captured function found, and what it leaves.
 */
export class Gradients {
  readonly #found: readonly (readonly [WithGradient, View | null])[]
  readonly #left: readonly (readonly [WithGradient, View | null])[]

  /** At the end of the function. */
  constructor({ gradients }: Capture) {
    const all = [...gradients]
    this.#found = all
      .filter(([, { asked }]) => asked)
      .map(([parameter, { before }]) => [parameter, before])
    this.#left = all.map(([parameter]) => [parameter, parameter.grad])
  }

  /** That of the gradients which a run leaves. */
  get memory(): ArrayBuffer[] {
    return this.#left.flatMap(([, grad]) => (grad === null ? [] : [grad.buffer]))
  }

  /** Whether the function would find those that it went by. It is asked before every run of a step. */
  areThere(): boolean {
    const found = this.#found
    for (let i = 0; i < found.length; i++) {
      const [parameter, grad] = found[i]!
      if (parameter.grad !== grad) return false
    }
    return true
  }

  /** A run has computed them; parameters may have changed their dtype meanwhile. */
  leave(): void {
    const left = this.#left
    for (let i = 0; i < left.length; i++) {
      const [parameter, grad] = left[i]!
      if (parameter.grad === grad) continue
      if (grad === null || grad.dtype === parameter.dtype) parameter.grad = grad
    }
  }
}

/** Nothing was computed: the gradients are those that the function found. */
export function restoreGradients({ gradients }: Capture): void {
  for (const [parameter, { before }] of gradients) parameter.grad = before
}
