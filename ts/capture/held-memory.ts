import { CaptureError } from '../errors.js'
import { bytesIn, isResizable, keepHere } from '../tensor/memory.js'

/** The memory of a tensor that a replay works on must not go away while another thread uses it. */
export function hold(buffer: ArrayBuffer): void {
  if (isResizable(buffer)) {
    throw new CaptureError(
      'capture: a tensor lies in a resizable ArrayBuffer, which could shrink while the step runs; use its clone()',
    )
  }
  keepHere(buffer)
}

/** Methods of Node's newer versions. */
interface Transferable {
  transfer?(): unknown
  transferToFixedLength?(): unknown
}

let canGo: boolean | undefined

/**
 * Runs work on copies from here on, or on the memory itself; undefined: as this Node demands.
 *
 * @internal For tests, which then need no particular version of Node.
 */
export function assumeHeldMemoryCanGo(assumed: boolean | undefined): void {
  canGo = assumed
}

/**
 * Whether memory goes away although it is held: Node 22 refuses to post it to another thread, but lets
 * `ArrayBuffer.prototype.transfer` take it. It is tried out, once.
 */
export function heldMemoryCanGo(): boolean {
  return (canGo ??= [
    (buffer: ArrayBuffer) => structuredClone(buffer, { transfer: [buffer] }),
    (buffer: ArrayBuffer) => (buffer as Transferable).transfer?.(),
    (buffer: ArrayBuffer) => (buffer as Transferable).transferToFixedLength?.(),
  ].some(isLost))
}

function isLost(take: (buffer: ArrayBuffer) => unknown): boolean {
  const buffer = new ArrayBuffer(8)
  hold(buffer)
  try {
    take(buffer)
  } catch {
    // refused, as it should be
  }
  return bytesIn(buffer) !== 8
}
