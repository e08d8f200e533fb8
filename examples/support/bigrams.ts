/**
 * Bits a character where each is foretold by the one before, by how often that pair comes in what was
 * learned, after 1 / size for each pair that may come.
 *
 * @param size Of the vocabulary.
 */
export function bigramBits(
  learned: ArrayLike<number>,
  unseen: ArrayLike<number>,
  size: number,
): number {
  const pairs = new Float64Array(size * size).fill(1 / size)
  for (let i = 1; i < learned.length; i++) pairs[learned[i - 1]! * size + learned[i]!]!++
  const sums = Array.from({ length: size }, (_, c) =>
    pairs.subarray(c * size, (c + 1) * size).reduce((sum, count) => sum + count, 0),
  )
  let bits = 0
  for (let i = 1; i < unseen.length; i++) {
    const [before, next] = [unseen[i - 1]!, unseen[i]!]
    bits -= Math.log2(pairs[before * size + next]! / sums[before]!)
  }
  return bits / (unseen.length - 1)
}
