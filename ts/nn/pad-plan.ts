import { complaint, ShapeError } from '../errors.js'
import { type Pad2dGeometry, PadMode } from '../kernels/pad2d.js'
import { formatShape, type Shape } from '../tensor/tensor.js'
import type { Sizes2d } from './pair.js'

/** What is put around an image: rows above and below it, columns left and right. */
export interface Pads {
  /** (top, bottom) */
  readonly rows: Sizes2d
  /** (left, right) */
  readonly columns: Sizes2d
}

/** What a mode demands of each side: the name of the rule and whether a side of a size keeps it. */
const rules: Record<PadMode, readonly [string, (size: number, most: number) => boolean]> = {
  [PadMode.constant]: ['', () => true],
  [PadMode.reflect]: ['larger than the padding, to be reflected', (size, most) => most < size],
  [PadMode.replicate]: ['of at least one element, to be replicated', (size) => size > 0],
  [PadMode.circular]: [
    'at least as large as the padding, to go around',
    (size, most) => most <= size,
  ],
}

/**
 * The geometry of `planes` images of inHeight x inWidth with their padding.
 *
 * @throws ShapeError, with `who` naming the layer, when the padding does not fit the images of an input
 * of `shape`.
 */
export function planPad(
  who: string,
  mode: PadMode,
  pads: Pads,
  planes: number,
  [inHeight, inWidth]: Sizes2d,
  shape: Shape,
): Pad2dGeometry {
  const { rows, columns } = pads
  for (const [size, [before, after]] of [
    [inHeight, rows],
    [inWidth, columns],
  ] as const) {
    const most = Math.max(before, after)
    const [rule, keeps] = rules[mode]
    const cropped = size + before + after < 0
    if (!cropped && (most <= 0 || keeps(size, most))) continue
    throw new ShapeError(
      complaint(
        who,
        'each dimension of the input',
        cropped ? 'at least as large as what is cut off' : rule,
        `${size} with a padding of (${before}, ${after}), from shape ${formatShape(shape)}`,
      ),
    )
  }
  return {
    ...{ planes, inHeight, inWidth },
    ...{ padTop: rows[0], padBottom: rows[1], padLeft: columns[0], padRight: columns[1] },
  }
}
