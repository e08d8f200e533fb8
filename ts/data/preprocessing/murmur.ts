const ENCODER = new TextEncoder()

/**
 * MurmurHash3, 32 bits, of a text's UTF-8, with seed 0, as a signed number.
 *
 * Source: Appleby, https://github.com/aappleby/smhasher (public domain).
 *
 * @internal
 */
export function murmur3(text: string): number {
  const bytes = ENCODER.encode(text)
  const whole = bytes.length - (bytes.length % 4)
  let hash = 0
  for (let i = 0; i < whole; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    hash = Math.imul(rotated(hash ^ scrambled(word), 13), 5) + 0xe6546b64
  }
  let rest = 0
  for (let i = bytes.length - 1; i >= whole; i--) rest = (rest << 8) | bytes[i]!
  hash ^= scrambled(rest) ^ bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function scrambled(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
