import { kernels } from '../kernels/backend.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { WindowPoolLayer } from './pool.js'

/** What the poolings that take the largest element of a window share. */
export abstract class MaxPoolLayer extends WindowPoolLayer {
  /**
   * Where the elements of the last output stood: y * W + x within their image, or the place in their
   * sequence; int32, of the output's shape. The next forward overwrites it; null before the first.
   */
  get indices(): Tensor | null {
    return this.output === null ? null : this.pass.kept('indices')
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { geometry, outputShape } = this.planOf(input)
    const output = allocate(outputShape, input.dtype)
    const indices = this.pass.keep('indices', outputShape, 'int32')
    kernels().maxPool2d({ x: input, out: output, index: indices, geometry })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { geometry } = this.planOf(input)
    const gradInput = allocate(input.shape, input.dtype)
    kernels().maxPool2dGradient({
      gradOut: gradOutput,
      index: this.pass.kept('indices')!,
      gradX: gradInput,
      geometry,
    })
    return gradInput
  }
}
