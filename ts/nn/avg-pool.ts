import { complaint, ShapeError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import type { Pool2dGeometry } from '../kernels/pool2d.js'
import { flag } from '../options.js'
import type { Tensor } from '../tensor/tensor.js'
import { allocate } from '../tensor/workspace.js'
import { type Pair, type Rank, sizes, type Sizes2d } from './pair.js'
import { PoolLayer, windowOptions, WindowPoolLayer, type Windows2d } from './pool.js'

/** What averages of windows take in every rank. */
export function averageOptions<Size extends Pair>(rank: Rank) {
  const { stride, padding, ceilMode } = windowOptions<Size>(rank)
  return { stride, padding, ceilMode, countIncludePad: flag(true) }
}

/** What the averages of windows of one size share. */
export abstract class AvgPoolLayer extends WindowPoolLayer {
  readonly countIncludePad: boolean
  readonly #divisor: number

  /** @param divisor What sums are divided by; 0 for the number of elements. */
  constructor(rank: Rank, windows: Windows2d, countIncludePad: boolean, divisor = 0) {
    super(rank, windows)
    this.countIncludePad = countIncludePad
    this.#divisor = divisor
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { geometry, outputShape } = this.planOf(input)
    const output = allocate(outputShape, input.dtype)
    kernels().avgPool2d({
      x: input,
      out: output,
      geometry,
      countIncludePad: this.countIncludePad,
      divisorOverride: this.#divisor,
    })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { geometry } = this.planOf(input)
    const gradInput = allocate(input.shape, input.dtype)
    const { countIncludePad } = this
    kernels().avgPool2dGradient({
      gradOut: gradOutput,
      gradX: gradInput,
      geometry,
      countIncludePad,
      divisorOverride: this.#divisor,
    })
    return gradInput
  }
}

/** What the averages of windows that follow from the output's size share. */
export abstract class AdaptiveAvgPoolLayer extends PoolLayer {
  readonly #rank: Rank
  readonly #size: readonly [number | null, number | null]

  constructor(rank: Rank, size: readonly [number | null, number | null]) {
    super(rank)
    this.#rank = rank
    this.#size = size
  }

  protected override plan(planes: number, inHeight: number, inWidth: number): Pool2dGeometry {
    if (inHeight === 0 || inWidth === 0) {
      const [what, element] = this.#rank === 2 ? ['images', 'pixel'] : ['sequences', 'element']
      const image: Sizes2d = [inHeight, inWidth]
      throw new ShapeError(
        complaint(
          this.describe(),
          'input',
          `${what} of at least one ${element}`,
          `${what} of ${sizes(image, this.#rank)}`,
        ),
      )
    }
    return {
      planes,
      inHeight,
      inWidth,
      outHeight: this.#size[0] ?? inHeight,
      outWidth: this.#size[1] ?? inWidth,
      kernelHeight: 1,
      kernelWidth: 1,
      strideHeight: 1,
      strideWidth: 1,
      padTop: 0,
      padLeft: 0,
      dilationHeight: 1,
      dilationWidth: 1,
    }
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { geometry, outputShape } = this.planOf(input)
    const output = allocate(outputShape, input.dtype)
    const { planes, inHeight, inWidth, outHeight, outWidth } = geometry
    kernels().adaptiveAvgPool2d({
      x: input,
      out: output,
      planes,
      inHeight,
      inWidth,
      outHeight,
      outWidth,
    })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const { planes, inHeight, inWidth, outHeight, outWidth } = this.planOf(input).geometry
    const gradInput = allocate(input.shape, input.dtype)
    kernels().adaptiveAvgPool2dGradient({
      gradOut: gradOutput,
      gradX: gradInput,
      planes,
      inHeight,
      inWidth,
      outHeight,
      outWidth,
    })
    return gradInput
  }
}
