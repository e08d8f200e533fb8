import { type ArgsOf, type Field, operation, read, sizes } from './operation.js'
import type { View } from './view.js'

/**
 * Sizes and strides from the outermost dimension to the innermost; of one that is not there the size is 1.
 * All count elements.
 */
export interface StridedGeometry {
  readonly size0: number
  readonly size1: number
  readonly size2: number
  readonly size3: number
  readonly size4: number
  readonly size5: number
  readonly xStride0: number
  readonly xStride1: number
  readonly xStride2: number
  readonly xStride3: number
  readonly xStride4: number
  readonly xStride5: number
  readonly outStride0: number
  readonly outStride1: number
  readonly outStride2: number
  readonly outStride3: number
  readonly outStride4: number
  readonly outStride5: number
  readonly xOffset: number
  readonly outOffset: number
}

const stridedGeometry = sizes<StridedGeometry>(
  'size0',
  'size1',
  'size2',
  'size3',
  'size4',
  'size5',
  'xStride0',
  'xStride1',
  'xStride2',
  'xStride3',
  'xStride4',
  'xStride5',
  'outStride0',
  'outStride1',
  'outStride2',
  'outStride3',
  'outStride4',
  'outStride5',
  'xOffset',
  'outOffset',
)

/** How many dimensions the geometry has. */
export const STRIDED_DIMS = 6

/** From sizes and strides, the innermost first. */
export function stridedGeometryOf(
  size: readonly number[],
  xStride: readonly number[],
  outStride: readonly number[],
  xOffset: number,
  outOffset: number,
): StridedGeometry {
  return {
    size0: size[5] ?? 1,
    size1: size[4] ?? 1,
    size2: size[3] ?? 1,
    size3: size[2] ?? 1,
    size4: size[1] ?? 1,
    size5: size[0] ?? 1,
    xStride0: xStride[5] ?? 0,
    xStride1: xStride[4] ?? 0,
    xStride2: xStride[3] ?? 0,
    xStride3: xStride[2] ?? 0,
    xStride4: xStride[1] ?? 0,
    xStride5: xStride[0] ?? 0,
    outStride0: outStride[5] ?? 0,
    outStride1: outStride[4] ?? 0,
    outStride2: outStride[3] ?? 0,
    outStride3: outStride[2] ?? 0,
    outStride4: outStride[1] ?? 0,
    outStride5: outStride[0] ?? 0,
    xOffset,
    outOffset,
  }
}

/** Written in full where there are as many places as elements, for no two places are the same. */
const partOf: Field<View> = {
  kind: 'operand',
  effect: ({ out, geometry }) => {
    const { size0, size1, size2, size3, size4, size5, outOffset } = geometry as StridedGeometry
    const count = size0 * size1 * size2 * size3 * size4 * size5
    return outOffset === 0 && count === (out as View).length ? 'overwrites' : 'updates'
  },
}

/**
 * out[outOffset + i · outStride] = x[xOffset + i · xStride] for all places i below the sizes, of any one
 * dtype: parts of tensors, repeated (stride 0), turned or reversed (below 0). Strides of out step over all
 * that the dimensions inside of theirs hold, and none leads before the start of x: otherwise `ERR_SHAPE`.
 * out must not be x.
 */
export const copyStrided = operation('out', {
  x: read,
  out: partOf,
  geometry: stridedGeometry,
})
export type CopyStridedArgs = ArgsOf<typeof copyStrided>

export const stridedOperations = { copyStrided }
