const buffers = new WeakSet<ArrayBuffer>()
let count = 0

/** Declares that what had its storage here, a parameter or a state, has it elsewhere now. */
export function abandon(buffer: ArrayBuffer): void {
  buffers.add(buffer)
  count++
}

/** Whether `abandon` was called for a buffer. */
export function isAbandoned(buffer: ArrayBuffer): boolean {
  return buffers.has(buffer)
}

/** How often `abandon` was called: as long as it stands still there is nothing to look for. */
export function abandonedCount(): number {
  return count
}
