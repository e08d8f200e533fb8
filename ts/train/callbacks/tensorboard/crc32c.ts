const POLYNOMIAL = 0x82f63b78

let crcByByte: Uint32Array | undefined

function crcs(): Uint32Array {
  return (crcByByte ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    return crc
  }))
}

/** Castagnoli's CRC-32, as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  const table = crcs()
  let crc = 0xffffffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** As records hold it: a checksum of data that contain checksums is no good, so it is turned. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
