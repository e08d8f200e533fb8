import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const gatherRows: Kernels['gatherRows'] = (
  src,
  index,
  out,
  srcRows,
  rows,
  cols,
  scale,
  shift,
) => {
  addon().gatherRows(
    dtypeCode[src.dtype],
    src.buffer,
    src.byteOffset,
    index.buffer,
    index.byteOffset,
    dtypeCode[out.dtype],
    out.buffer,
    out.byteOffset,
    srcRows,
    rows,
    cols,
    scale,
    shift,
  )
}

export const fill: Kernels['fill'] = (y, n, value) => {
  addon().fill(dtypeCode[y.dtype], y.buffer, y.byteOffset, n, value)
}

export const copy: Kernels['copy'] = (x, y, n) => {
  addon().copy(dtypeCode[y.dtype], x.buffer, x.byteOffset, y.buffer, y.byteOffset, n)
}

export const copyBlocks: Kernels['copyBlocks'] = (
  x,
  out,
  count,
  size,
  xOffset,
  xStride,
  outOffset,
  outStride,
) => {
  addon().copyBlocks(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    count,
    size,
    xOffset,
    xStride,
    outOffset,
    outStride,
  )
}

export const cast: Kernels['cast'] = (x, y, n, scale, shift) => {
  addon().cast(
    dtypeCode[x.dtype],
    x.buffer,
    x.byteOffset,
    dtypeCode[y.dtype],
    y.buffer,
    y.byteOffset,
    n,
    scale,
    shift,
  )
}

export const transpose: Kernels['transpose'] = (x, out, rows, cols) => {
  addon().transpose(
    dtypeCode[out.dtype],
    x.buffer,
    x.byteOffset,
    out.buffer,
    out.byteOffset,
    rows,
    cols,
  )
}
