import type {
  UniformArgs,
  NormalArgs,
  BernoulliArgs,
  BernoulliEachArgs,
  MultinomialArgs,
  PermutationArgs,
  RandintArgs,
} from '../random.js'
import { ValueError } from '../../errors.js'
import { doubles } from '../allocate.js'
import type { FloatDType } from '../dtype.js'
import { type Floats, floats, ints } from './operand.js'
import { checkPassed, drawEach } from './place.js'
import { multiplyHigh, multiplyLow, PhiloxStream } from './philox.js'

/** 24 random bits as a number in [0, 1). */
export const unitOfWord = (word: number): number => (word >>> 8) * 2 ** -24

/** 53 random bits as a number in [0, 1); the first word gives the higher ones. */
const unitOfWords = (first: number, second: number): number =>
  ((first >>> 5) * 2 ** 26 + (second >>> 6)) * 2 ** -53

/** Random words of a number. */
const wordsOf = (dtype: FloatDType): number => (dtype === 'float32' ? 1 : 2)

/** The next number in [0, 1), with as many bits as the dtype has. */
function nextUnit(stream: PhiloxStream, dtype: FloatDType): number {
  const first = stream.next()
  return dtype === 'float32' ? unitOfWord(first) : unitOfWords(first, stream.next())
}

/** The largest number of [low, high) that the dtype has, low where it has none. */
function below(low: number, high: number, dtype: FloatDType): number {
  const [most, least] =
    dtype === 'float32' ? [Float32Array.of(high), Math.fround(low)] : [Float64Array.of(high), low]
  if (most[0]! >= high) {
    // One less in the order of the numbers: one less in the bits above 0, one more below.
    const step = most[0]! > 0 ? -1 : 1
    const { buffer } = most
    if (most[0] === 0) most[0] = -0
    if (dtype === 'float32') new Int32Array(buffer)[0]! += step
    else new BigInt64Array(buffer)[0]! += BigInt(step)
  }
  return Math.max(most[0]!, least)
}

/** y = min(low + (high - low) u, the largest number below high). */
export function uniform({ state, y, n, low, high, ...place }: UniformArgs): void {
  const ys = floats(y, n, 'uniform', 'y')
  const stream = new PhiloxStream(ints(state, 4, 'uniform', 'state'))
  const dtype = y.dtype as FloatDType
  const most = below(low, high, dtype)
  drawEach('uniform', stream, n, wordsOf(dtype), place, (i) => {
    const value = low + (high - low) * nextUnit(stream, dtype)
    ys[i] = value > most ? most : value
  })
}

/**
 * Box and Muller, "A note on the generation of random normal deviates" (1958): of a pair (u1, u2),
 * sqrt(-2 ln(1 - u1)) times the cosine and the sine of 2 pi u2.
 */
export function normal({ state, y, n, mean, std, ...place }: NormalArgs): void {
  const ys = floats(y, n, 'normal', 'y')
  const stream = new PhiloxStream(ints(state, 4, 'normal', 'state'))
  const dtype = y.dtype as FloatDType
  let [pair, radius, angle] = [-1, 0, 0]
  const draw = (i: number, number: number): void => {
    const own = Math.floor(number / 2)
    if (own !== pair) {
      radius = Math.sqrt(-2 * Math.log(1 - nextUnit(stream, dtype)))
      angle = 2 * Math.PI * nextUnit(stream, dtype)
      pair = own
    }
    ys[i] = mean + std * radius * (number % 2 === 0 ? Math.cos(angle) : Math.sin(angle))
  }
  drawEach('normal', stream, n, wordsOf(dtype), place, draw, 2)
}

/** y = u < p ? value : 0. */
export function bernoulli({ state, y, n, p, value }: BernoulliArgs): void {
  const ys = floats(y, n, 'bernoulli', 'y')
  const stream = new PhiloxStream(ints(state, 4, 'bernoulli', 'state'))
  for (let i = 0; i < n; i++) ys[i] = unitOfWord(stream.next()) < p ? value : 0
}

/**
 * A whole number in [0, bound) without bias: D. Lemire, "Fast random integer generation in an
 * interval" (2019).
 */
function nextBelow(stream: PhiloxStream, bound: number): number {
  const threshold = 2 ** 32 % bound
  for (;;) {
    const word = stream.next()
    if (multiplyLow(word, bound) >= threshold) return multiplyHigh(word, bound)
  }
}

/** Fisher-Yates over 0..n-1, from the end. */
export function permutation({ state, y, n }: PermutationArgs): void {
  const ys = ints(y, n, 'permutation', 'y')
  const stream = new PhiloxStream(ints(state, 4, 'permutation', 'state'))
  for (let i = 0; i < n; i++) ys[i] = i
  for (let i = n - 1; i > 0; i--) {
    const j = nextBelow(stream, i + 1)
    const swapped = ys[i]!
    ys[i] = ys[j]!
    ys[j] = swapped
  }
}

export function randint({ state, y, n, low, high, ...place }: RandintArgs): void {
  if (!(low >= -(2 ** 31) && low < high && high <= 2 ** 31)) {
    throw new ValueError(
      `randint: expected low below high, both within int32, got ${low} and ${high}`,
    )
  }
  const ys = ints(y, n, 'randint', 'y')
  const stream = new PhiloxStream(ints(state, 4, 'randint', 'state'))
  drawEach('randint', stream, n, 2, place, (i) => {
    const word = (BigInt(stream.next()) << 32n) | BigInt(stream.next())
    ys[i] = low + Number((word * BigInt(high - low)) >> 64n)
  })
}

/** y = u < x ? 1 : 0. */
export function bernoulliEach({ state, x, y, n, ...place }: BernoulliEachArgs): void {
  const op = 'bernoulliEach'
  const xs = floats(x, n, op, 'x')
  const ys = floats(y, n, op, 'y')
  const stream = new PhiloxStream(ints(state, 4, op, 'state'))
  const bad = xs.findIndex((p) => !(p >= 0 && p <= 1))
  if (bad >= 0) {
    throw new ValueError(`${op}: the probability at element ${bad} is outside [0, 1]`)
  }
  drawEach(op, stream, n, 2, place, (i) => {
    ys[i] = unitOfWords(stream.next(), stream.next()) < xs[i]! ? 1 : 0
  })
}

/**
 * Each draw goes down a binary tree of sums of the weights, whose node i has the children 2i and 2i + 1, to
 * the leaf that a random share of the whole falls on.
 */
export function multinomial({
  state,
  x,
  y,
  rows,
  categories,
  samples,
  replacement,
  before = 0,
  after = 0,
}: MultinomialArgs): void {
  const op = 'multinomial'
  const xs = floats(x, rows * categories, op, 'x')
  const ys = ints(y, rows * samples, op, 'y')
  const stream = new PhiloxStream(ints(state, 4, op, 'state'))
  if (ys.length === 0) return
  checkPassed(op, before, after, samples)
  for (let r = 0; r < rows; r++) {
    checkWeights(xs.subarray(r * categories, (r + 1) * categories), r, samples, replacement)
  }
  const leaves = 2 ** Math.ceil(Math.log2(Math.max(1, categories)))
  const sums = doubles(2 * leaves)
  stream.passTo(2 * before * samples)
  const addUp = (i: number): number => (sums[i] = sums[2 * i]! + sums[2 * i + 1]!)
  for (let r = 0; r < rows; r++) {
    sums.fill(0)
    for (let c = 0; c < categories; c++) sums[leaves + c] = xs[r * categories + c]!
    for (let i = leaves - 1; i > 0; i--) addUp(i)
    for (let s = 0; s < samples; s++) {
      let target = unitOfWords(stream.next(), stream.next()) * sums[1]!
      let node = 1
      while (node < leaves) {
        const goesLeft = target < sums[2 * node]! || sums[2 * node + 1] === 0
        if (!goesLeft) target -= sums[2 * node]!
        node = 2 * node + (goesLeft ? 0 : 1)
      }
      ys[r * samples + s] = node - leaves
      if (replacement) continue
      sums[node] = 0
      while ((node >>= 1) > 0) addUp(node)
    }
  }
  stream.passTo(2 * (before + rows + after) * samples)
}

function checkWeights(weights: Floats, r: number, samples: number, replacement: boolean): void {
  const bad = weights.findIndex((weight) => !(weight >= 0))
  let [sum, some] = [0, 0]
  for (const weight of weights) {
    sum += weight
    if (weight > 0) some++
  }
  const wrong =
    bad >= 0
      ? `the weight of category ${bad} in row ${r} is negative or no number`
      : !(sum > 0 && sum < Infinity)
        ? `the weights of row ${r} have a sum that is 0 or not finite`
        : !replacement && some < samples
          ? `row ${r} has ${some} categories with a weight, ${samples} are drawn without replacement`
          : null
  if (wrong !== null) throw new ValueError(`multinomial: ${wrong}`)
}

export const randomKernels = {
  uniform,
  normal,
  bernoulli,
  permutation,
  randint,
  bernoulliEach,
  multinomial,
}
