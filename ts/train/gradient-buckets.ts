import { itemSize } from '../kernels/dtype.js'
import type { View } from '../kernels/view.js'
import { ALIGNMENT } from '../nn/gradient-buffer.js'
import type { Parameter } from '../nn/parameter.js'

/**
 * Bytes from which on a bucket is full: some ten times as many as a network carries in the time that a message
 * takes to begin with (1 Gbit/s and 50 us, 10 Gbit/s and 10 us), so that beginnings hardly count.
 * Between two ranks over TCP 512 KiB and 1 MiB were no faster, 4 MiB a sixth slower (8 MB of gradients, a step of 12 ms).
 */
const FULL = 1 << 17

interface Bucket extends View {
  byteOffset: number
  length: number
}

/**
 * The memory of gradients in pieces of some size, those of the last parameters first, for these are there first. What
 * lies between two gradients is zeros.
 */
export function gradientBuckets(parameters: readonly Parameter[]): View[] {
  const full: View[] = []
  const open = new Map<ArrayBuffer, Bucket>()
  for (const { grad } of parameters.toReversed()) {
    if (grad === null) continue
    const { buffer, byteOffset, length, dtype } = grad
    const size = itemSize[dtype]
    let bucket = open.get(buffer)
    const gap = bucket === undefined ? NaN : (bucket.byteOffset - byteOffset) / size - length
    if (bucket !== undefined && bucket.dtype === dtype && gap >= 0 && gap < ALIGNMENT) {
      bucket.byteOffset = byteOffset
      bucket.length += gap + length
    } else {
      if (bucket !== undefined) full.push(bucket)
      bucket = { buffer, byteOffset, length, dtype }
      open.set(buffer, bucket)
    }
    if (bucket.length * size < FULL) continue
    full.push(bucket)
    open.delete(buffer)
  }
  return [...full, ...open.values()]
}
