import { complaint, ValueError } from '../errors.js'
import { kernels } from '../kernels/backend.js'
import { type Pad2dGeometry, PadMode } from '../kernels/pad2d.js'
import { checkFloat } from '../tensor/create.js'
import type { Shape, Tensor } from '../tensor/tensor.js'
import { allocate, sameShape } from '../tensor/workspace.js'
import { Layer } from './layer.js'
import { type Pads, planPad } from './pad-plan.js'
import type { Rank } from './pair.js'
import { planesOf } from './planes.js'

/** The same on each side, or (left, right). Negative numbers cut off, where the layer allows them. */
export type Padding1d = number | readonly [left: number, right: number]

/** The same on each side, or (left, right, top, bottom). Negative numbers cut off, where the layer
 * allows them. */
export type Padding2d = number | readonly [left: number, right: number, top: number, bottom: number]

/** The value that a constant padding consists of. */
export function paddingValue(who: string, value: unknown): number {
  if (typeof value === 'number') return value
  throw new ValueError(complaint(who, 'value', 'a number', value))
}

interface PadSettings {
  readonly rank: Rank
  readonly mode: PadMode
  readonly value: number
}

interface PadPlan {
  readonly geometry: Pad2dGeometry
  readonly outputShape: Shape
}

/** Whole numbers, one a side. */
function paddingOf(
  who: string,
  { rank, mode }: PadSettings,
  padding: Padding1d | Padding2d,
): readonly number[] {
  const sides = 2 * rank
  const each = Array.isArray(padding)
    ? [...(padding as readonly number[])]
    : Array<number>(sides).fill(padding as number)
  const crops = mode !== PadMode.circular
  if (
    each.length !== sides ||
    each.some((size) => !Number.isSafeInteger(size) || (size < 0 && !crops))
  ) {
    throw new ValueError(
      complaint(
        who,
        'padding',
        `a whole number${crops ? '' : ' of at least 0'} or one for each of ` +
          (rank === 2 ? '(left, right, top, bottom)' : '(left, right)'),
        padding,
      ),
    )
  }
  return Object.freeze(each)
}

/** Layers that put something around images, or sequences as images of one row. */
export abstract class PadLayer extends Layer {
  /** (left, right) or (left, right, top, bottom) */
  readonly padding: readonly number[]
  readonly #settings: PadSettings
  readonly #pads: Pads
  #inputShape: Shape | null = null
  #plan: PadPlan | null = null

  constructor(who: string, settings: PadSettings, padding: Padding1d | Padding2d) {
    super()
    this.#settings = settings
    this.padding = paddingOf(who, settings, padding)
    const [left = 0, right = 0, top = 0, bottom = 0] = this.padding
    this.#pads = { rows: [top, bottom], columns: [left, right] }
  }

  protected override computeOutput(input: Tensor): Tensor {
    const { geometry, outputShape } = this.#planOf(input)
    const { mode, value } = this.#settings
    const output = allocate(outputShape, input.dtype)
    kernels().pad2d({ x: input, out: output, geometry, mode, value })
    return output
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradInput = allocate(input.shape, input.dtype)
    kernels().pad2dGradient({
      gradOut: gradOutput,
      gradX: gradInput,
      geometry: this.#planOf(input).geometry,
      mode: this.#settings.mode,
    })
    return gradInput
  }

  override extraRepr(): string {
    return `(${this.padding.join(', ')})`
  }

  #planOf(input: Tensor): PadPlan {
    const { shape, dtype } = input
    if (dtype !== 'float32') checkFloat(this.describe(), 'input', dtype)
    if (this.#plan !== null && sameShape(shape, this.#inputShape!)) return this.#plan
    const { rank, mode } = this.#settings
    const { planes, image, leading } = planesOf(this.describe(), rank, shape)
    const { rows, columns } = this.#pads
    const geometry = planPad(this.describe(), mode, this.#pads, planes, image, shape)
    const padded = [image[0] + rows[0] + rows[1], image[1] + columns[0] + columns[1]]
    const outputShape = Object.freeze([...leading, ...padded.slice(-rank)])
    this.#plan = { geometry, outputShape }
    this.#inputShape = shape
    return this.#plan
  }
}
