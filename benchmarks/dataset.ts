// The synthetic data and the initial weights of a trial, written once as raw little-endian arrays
// that every driver reads: all train the same network from the same start on the same samples.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { inputSize, outputSize, type Trial } from './trials.js'

/** Mulberry32, uniform in [0, 1). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Samples {
  readonly x: Float32Array
  readonly y: Float32Array | Int32Array
}

/** The four cases of exclusive or, again and again. */
function exclusiveOr(count: number): Samples {
  const x = new Float32Array(count * 2)
  const y = new Float32Array(count)
  for (let i = 0; i < count; ++i) {
    const [a, b] = [i & 1, (i >> 1) & 1]
    x.set([a, b], i * 2)
    y[i] = a ^ b
  }
  return { x, y }
}

/** One period of a sine of the mean of the inputs, which are uniform in [-1, 1). */
function sine(count: number, inputs: number, random: () => number): Samples {
  const x = Float32Array.from({ length: count * inputs }, () => 2 * random() - 1)
  const y = new Float32Array(count)
  for (let i = 0; i < count; ++i) {
    const row = x.subarray(i * inputs, (i + 1) * inputs)
    y[i] = Math.sin((Math.PI * row.reduce((sum, value) => sum + value, 0)) / inputs)
  }
  return { x, y }
}

/** Noise around one random prototype a class, in [0, 1) like the pixels of an image. */
function clusters(count: number, inputs: number, classes: number, random: () => number): Samples {
  const prototypes = Float32Array.from({ length: classes * inputs }, random)
  const x = new Float32Array(count * inputs)
  const y = new Int32Array(count)
  for (let i = 0; i < count; ++i) {
    const label = Math.floor(random() * classes)
    y[i] = label
    for (let j = 0; j < inputs; ++j) {
      x[i * inputs + j] = 0.25 * prototypes[label * inputs + j]! + 0.75 * random()
    }
  }
  return { x, y }
}

function samplesOf(trial: Trial, random: () => number): Samples {
  const inputs = inputSize(trial)
  if (trial.name === 'xor') return exclusiveOr(trial.samples)
  if (trial.loss === 'mse') return sine(trial.samples, inputs, random)
  return clusters(trial.samples, inputs, outputSize(trial), random)
}

/** Weight (outputs, inputs) and bias of each dense layer, uniform within 1 / sqrt(inputs). */
function weightsOf(trial: Trial, random: () => number): Float32Array {
  const values: number[] = []
  for (const layer of trial.layers) {
    if (layer.type !== 'linear') continue
    const bound = 1 / Math.sqrt(layer.inputs)
    const count = layer.outputs * (layer.inputs + 1)
    for (let i = 0; i < count; ++i) values.push((2 * random() - 1) * bound)
  }
  return Float32Array.from(values)
}

/** Writes `x`, `y` and `weights` of a trial into `folder`. */
export function writeDataset(trial: Trial, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const random = generator(42)
  const { x, y } = samplesOf(trial, random)
  writeFileSync(join(folder, 'x'), x)
  writeFileSync(join(folder, 'y'), y)
  writeFileSync(join(folder, 'weights'), weightsOf(trial, random))
}
