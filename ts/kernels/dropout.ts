import type { View } from './view.js'

export interface DropoutKernels {
  /**
   * mask (uint8: n) [i] = u >= p ? 1 : 0, with u as float32's uniform of `state` for both dtypes: one
   * number an element, and the state advances. out (n, inner) = mask ? x * scale : 0, whatever x is.
   * out may be x.
   */
  dropout(
    state: View,
    x: View,
    mask: View,
    out: View,
    n: number,
    inner: number,
    p: number,
    scale: number,
  ): void

  /** gradX (n, inner) = mask ? gradOut * scale : 0. gradX may be gradOut. */
  dropoutGradient(
    mask: View,
    gradOut: View,
    gradX: View,
    n: number,
    inner: number,
    scale: number,
  ): void
}
