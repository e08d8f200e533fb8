import type { Conv2dGeometry } from '../../ts/kernels/conv2d.js'

/** One side of a convolution. */
interface Side {
  readonly size: number
  readonly kernel: number
  readonly stride?: number
  readonly dilation?: number
  readonly before?: number
  readonly after?: number
}

export interface Channels {
  readonly batch: number
  /** In each group. */
  readonly inGroup: number
  readonly outGroup: number
  readonly groups?: number
}

const outSize = ({ size, kernel, stride = 1, dilation = 1, before = 0, after = before }: Side) =>
  Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1

export function geometryOf(channels: Channels, y: Side, x: Side): Conv2dGeometry {
  const { batch, inGroup, outGroup, groups = 1 } = channels
  return {
    batch,
    inChannels: groups * inGroup,
    inHeight: y.size,
    inWidth: x.size,
    outChannels: groups * outGroup,
    outHeight: outSize(y),
    outWidth: outSize(x),
    kernelHeight: y.kernel,
    kernelWidth: x.kernel,
    strideHeight: y.stride ?? 1,
    strideWidth: x.stride ?? 1,
    padTop: y.before ?? 0,
    padLeft: x.before ?? 0,
    dilationHeight: y.dilation ?? 1,
    dilationWidth: x.dilation ?? 1,
    groups,
  }
}

const sides: readonly Side[] = [
  { size: 6, kernel: 3, before: 1 },
  { size: 9, kernel: 3 },
  { size: 8, kernel: 2, before: 0, after: 1 },
  { size: 9, kernel: 3, stride: 2, before: 1 },
  { size: 11, kernel: 2, stride: 3, before: 1 },
  { size: 7, kernel: 1 },
  { size: 7, kernel: 1, stride: 2 },
  { size: 11, kernel: 3, dilation: 2, before: 2 },
  { size: 13, kernel: 5, before: 2, stride: 2, dilation: 2 },
  { size: 1, kernel: 3, before: 1 },
  { size: 1, kernel: 1 },
  { size: 4, kernel: 5, before: 2 },
  { size: 17, kernel: 4, before: 0, after: 3 },
  { size: 34, kernel: 3, before: 1 },
]

const square = (side: Side): [Side, Side] => [side, side]

/** Every pair of sides with channels in turn, then what matters to blocks and tiles. */
export const conv2dGeometries: readonly Conv2dGeometry[] = [
  ...sides.flatMap((y, i) =>
    sides.map((x, j) => {
      const turn = i * sides.length + j
      const groups = turn % 5 === 4 ? 3 : 1
      const channels = { inGroup: 1 + (turn % 4), outGroup: 1 + (turn % 6), groups }
      return geometryOf({ batch: 1 + (turn % 3), ...channels }, y, x)
    }),
  ),
  ...[2, 15, 16, 17, 33].flatMap((channels) => [
    geometryOf({ batch: 2, inGroup: channels, outGroup: 49 - channels }, ...square(sides[0]!)),
    geometryOf({ batch: 2, inGroup: channels, outGroup: 3 }, { size: 8, kernel: 1 }, sides[5]!),
    geometryOf({ batch: 2, inGroup: 1, outGroup: 1, groups: channels }, ...square(sides[0]!)),
    geometryOf({ batch: 1, inGroup: 1, outGroup: 2, groups: channels }, sides[3]!, sides[0]!),
  ]),
  geometryOf({ batch: 0, inGroup: 2, outGroup: 3 }, ...square(sides[0]!)),
  geometryOf({ batch: 9, inGroup: 5, outGroup: 3 }, ...square({ size: 2, kernel: 2 })),
  geometryOf({ batch: 30, inGroup: 3, outGroup: 5 }, ...square(sides[0]!)),
  geometryOf({ batch: 1, inGroup: 70, outGroup: 5 }, sides[0]!, {
    size: 450,
    kernel: 3,
    before: 1,
  }),
  geometryOf({ batch: 1, inGroup: 2, outGroup: 2 }, ...square({ size: 24, kernel: 21, before: 3 })),
  // kernels as large as the image or one of its sides
  geometryOf({ batch: 5, inGroup: 3, outGroup: 4 }, { size: 6, kernel: 6 }, { size: 5, kernel: 5 }),
  geometryOf(
    { batch: 70, inGroup: 1, outGroup: 33 },
    { size: 16, kernel: 3 },
    { size: 16, kernel: 16 },
  ),
  geometryOf(
    { batch: 3, inGroup: 17, outGroup: 5 },
    { size: 9, kernel: 8 },
    { size: 40, kernel: 39, before: 1 },
  ),
  // what Winograd's convolution is chosen for
  geometryOf(
    { batch: 2, inGroup: 33, outGroup: 31 },
    { size: 20, kernel: 3, before: 1 },
    sides[13]!,
  ),
  geometryOf(
    { batch: 2, inGroup: 17, outGroup: 19 },
    ...square({ size: 15, kernel: 5, before: 1 }),
  ),
]

export function describeGeometry(g: Conv2dGeometry): string {
  return (
    `(${g.batch}, ${g.inChannels}, ${g.inHeight}, ${g.inWidth}) to ` +
    `(${g.outChannels}, ${g.outHeight}, ${g.outWidth}), ` +
    `kernel (${g.kernelHeight}, ${g.kernelWidth}), stride (${g.strideHeight}, ${g.strideWidth}), ` +
    `padding (${g.padTop}, ${g.padLeft}), dilation (${g.dilationHeight}, ${g.dilationWidth}), ` +
    `groups ${g.groups}`
  )
}
