import { checkArguments } from '../check.js'
import { complaint, ShapeError, ValueError } from '../errors.js'
import { callFor, isRecording, kernels } from '../kernels/backend.js'
import { div, sub } from '../ops/binary.js'
import { amax, argmax } from '../ops/extremes.js'
import { gather } from '../ops/gather.js'
import { lt, where } from '../ops/mask.js'
import { cumsum } from '../ops/scan.js'
import { softmax } from '../ops/softmax.js'
import { topk } from '../ops/sort.js'
import { atLeast, type Options, readOptions, share, whole } from '../options.js'
import { type Generator, generatorOf, generatorOption } from '../random/generator.js'
import { checkFloat } from '../tensor/create.js'
import { checkTensor, empty, formatShape, type Tensor } from '../tensor/tensor.js'

export interface SampleLogitsOptions {
  /** Logits are divided by it: below 1 likely ones get likelier, 0 takes the likeliest. Default 1. */
  temperature?: number
  /** Only as many of the likeliest are drawn from. Default: all. */
  topK?: number
  /** Only the likeliest are drawn from whose probabilities add up to this share. Default 1. */
  topP?: number
  /** Default: the generator that `manualSeed` seeds. */
  generator?: Generator
}

/** Also those of `generate`. */
export const SAMPLE_LOGITS = {
  temperature: atLeast(0, 1),
  topK: whole(1),
  topP: share(1, '(0, 1]'),
  generator: generatorOption,
} satisfies Options<SampleLogitsOptions>

/**
 * Places along the last dimension, drawn by softmax(logits / temperature): logits (…, n) give int32 (…).
 *
 * First the `topK` largest are kept, of equal ones the first; of those, with probabilities that add up to 1,
 * the likeliest until their sum reaches `topP`, one at least. Temperature 0 gives the place of the largest
 * and draws nothing. All is computed in float64, one number is drawn for each place: the same seed gives the
 * same places, in captured steps too.
 *
 * @throws ShapeError without a last dimension, or when it is empty.
 * @throws DTypeError unless the logits are float32 or float64.
 * @throws ValueError for logits that are NaN or Infinity, or all -Infinity, and for options out of range.
 *
 * @example
 * sample(logits, { temperature: 0.8, topK: 40, generator: new Generator(1) })
 */
export function sample(logits: Tensor, options?: SampleLogitsOptions): Tensor {
  checkArguments('sample', 2, arguments)
  checkTensor('sample', logits)
  checkFloat('sample', 'the logits', logits.dtype)
  const { temperature, topK, topP, generator } = readOptions('sample', SAMPLE_LOGITS, options)
  const n = logits.shape.at(-1) ?? 0
  if (n === 0) {
    const got = `shape ${formatShape(logits.shape)}`
    throw new ShapeError(complaint('sample', 'the logits', 'a last dimension of at least 1', got))
  }
  const leading = logits.shape.slice(0, -1)
  const rows = logits.length / n
  if (rows === 0) return empty(leading, 'int32')
  const x = logits.detach().reshape([rows, n]).to('float64')
  const largest = amax(x, 1, { keepdim: true })
  if (!isRecording()) checkLargest(largest)
  if (temperature === 0) return argmax(x, 1).reshape(leading)
  // Differences first, so that no temperature makes an Infinity above 0.
  const scaled = div(sub(x, largest), temperature)
  const k = Math.min(topK ?? n, n)
  if (k === n && topP === 1) return drawn(softmax(scaled), generator).reshape(leading)
  const { values, indices } = topk(scaled, k)
  let weights = softmax(values)
  if (topP < 1) weights = where(lt(sub(cumsum(weights, 1), weights), topP), weights, 0)
  return gather(indices, 1, drawn(weights, generator)).reshape(leading)
}

/** @param largest NaN if one of a row is. */
function checkLargest(largest: Tensor): void {
  const row = largest.data.findIndex((value) => !Number.isFinite(value))
  if (row < 0) return
  const got = `${largest.data[row]} as the largest`
  throw new ValueError(
    complaint('sample', `row ${row} of the logits`, 'numbers, of which one is finite', got),
  )
}

/** (rows, n) gives int32 (rows, 1). */
function drawn(x: Tensor, generator: Generator | undefined): Tensor {
  const { state } = generatorOf('sample', generator)
  const [rows, categories] = x.shape as [number, number]
  const y = empty([rows, 1], 'int32')
  callFor('sample', () => {
    kernels().multinomial({ state, x, y, rows, categories, samples: 1, replacement: true })
  })
  return y
}
