import type { AugmentGeometry } from '../augment.js'
import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import type { FlatAugmentGeometry } from './addon.js'
import { addon } from './load.js'

const flat = (g: AugmentGeometry): FlatAugmentGeometry => [
  g.samples,
  g.channels,
  g.inHeight,
  g.inWidth,
  g.outHeight,
  g.outWidth,
]

export const augment: Kernels['augment'] = (state, x, drawn, out, geometry, settings) => {
  const { padHeight, padWidth, flip, erase, area, ratio, fill, value } = settings
  addon().augment(
    dtypeCode[out.dtype],
    state.buffer,
    state.byteOffset,
    x.buffer,
    x.byteOffset,
    drawn.buffer,
    drawn.byteOffset,
    out.buffer,
    out.byteOffset,
    ...flat(geometry),
    padHeight,
    padWidth,
    flip,
    erase,
    area[0],
    area[1],
    ratio[0],
    (ratio[1] / ratio[0]) ** (1 / 256),
    fill,
    value,
  )
}

export const augmentGradient: Kernels['augmentGradient'] = (drawn, gradOut, gradX, geometry) => {
  addon().augmentGradient(
    dtypeCode[gradX.dtype],
    drawn.buffer,
    drawn.byteOffset,
    gradOut.buffer,
    gradOut.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    ...flat(geometry),
  )
}
