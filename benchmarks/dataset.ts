// The synthetic data and the initial weights of a trial, written once as raw little-endian arrays
// that every driver reads: all train the same network from the same start on the same samples.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { flatLayers, inputSize, outputSize, type Trial } from './trials.js'

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

/** A wave across an image (channels, height, width), its own in each channel, in [0, 1]. */
function wave(shape: readonly number[], random: () => number): Float32Array {
  const [channels = 1, height = 1, width = 1] = shape
  const values = new Float32Array(channels * height * width)
  let place = 0
  for (let channel = 0; channel < channels; ++channel) {
    const [down, across, phase] = [6 * random() - 3, 6 * random() - 3, random()]
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x) {
        const turns = (down * y) / height + (across * x) / width + phase
        values[place++] = 0.5 + 0.5 * Math.sin(2 * Math.PI * turns)
      }
    }
  }
  return values
}

/**
 * Noise around one random prototype a class, in [0, 1) like the pixels of an image. Prototypes of images
 * are waves: what a convolution can tell apart.
 */
function clusters(trial: Trial, random: () => number): Samples {
  const { samples, inputShape } = trial
  const inputs = inputSize(trial)
  const classes = outputSize(trial)
  const images = inputShape.length === 3
  const share = images ? 0.75 : 0.25
  const prototypes = Array.from({ length: classes }, () =>
    images ? wave(inputShape, random) : Float32Array.from({ length: inputs }, random),
  )
  const x = new Float32Array(samples * inputs)
  const y = new Int32Array(samples)
  for (let i = 0; i < samples; ++i) {
    const label = Math.floor(random() * classes)
    const prototype = prototypes[label]!
    y[i] = label
    for (let j = 0; j < inputs; ++j) {
      x[i * inputs + j] = share * prototype[j]! + (1 - share) * random()
    }
  }
  return { x, y }
}

/** Characters, one-hot, and for each the next one: a step of 1 to 3 from the one before. */
function characters({ samples, inputShape }: Trial, random: () => number): Samples {
  const [steps = 1, count = 1] = inputShape
  const x = new Float32Array(samples * steps * count)
  const y = new Float32Array(x.length)
  for (let i = 0; i < samples; ++i) {
    let character = Math.floor(random() * count)
    for (let t = 0; t < steps; ++t) {
      const place = (i * steps + t) * count
      x[place + character] = 1
      character = (character + 1 + Math.floor(random() * 3)) % count
      y[place + character] = 1
    }
  }
  return { x, y }
}

function samplesOf(trial: Trial, random: () => number): Samples {
  const inputs = inputSize(trial)
  if (trial.name === 'xor') return exclusiveOr(trial.samples)
  if (['gru_char', 'transformer'].includes(trial.name)) return characters(trial, random)
  if (trial.loss === 'mse') return sine(trial.samples, inputs, random)
  return clusters(trial, random)
}

/**
 * The parameters of all layers, in their order: weight (outputs, inputs), for a convolution (outputs,
 * inputs, kernel, kernel), then bias, uniform within 1 / sqrt(inputs of an output); of a recurrent layer
 * the weights and biases of inputs and state, gate by gate, within 1 / sqrt(outputs); of a transformer with
 * biases of 0, the projections of queries, keys and values as one; scale 1 and shift 0 of a normalisation.
 */
function weightsOf(trial: Trial, random: () => number): Float32Array {
  const parts: Float32Array[] = []
  for (const layer of flatLayers(trial.layers)) {
    if (layer.type === 'linear' || layer.type === 'conv2d') {
      const fan = layer.inputs * (layer.type === 'conv2d' ? layer.kernel ** 2 : 1)
      const uniform = (): number => (2 * random() - 1) / Math.sqrt(fan)
      parts.push(Float32Array.from({ length: layer.outputs * (fan + 1) }, uniform))
    } else if (layer.type === 'lstm' || layer.type === 'gru') {
      const { inputs, outputs } = layer
      const gates = layer.type === 'lstm' ? 4 : 3
      const uniform = (): number => (2 * random() - 1) / Math.sqrt(outputs)
      parts.push(Float32Array.from({ length: gates * outputs * (inputs + outputs + 2) }, uniform))
    } else if (layer.type === 'transformer') {
      const { features, hidden } = layer
      const dense = (inputs: number, outputs: number): Float32Array[] => {
        const uniform = (): number => (2 * random() - 1) / Math.sqrt(inputs)
        const weight = Float32Array.from({ length: inputs * outputs }, uniform)
        return [weight, new Float32Array(outputs)]
      }
      const norm = (): Float32Array[] => [
        new Float32Array(features).fill(1),
        new Float32Array(features),
      ]
      for (let i = 0; i < layer.layers; ++i) {
        parts.push(...dense(features, 3 * features), ...dense(features, features))
        parts.push(...dense(features, hidden), ...dense(hidden, features), ...norm(), ...norm())
      }
    } else if (layer.type === 'batchNorm') {
      const { features } = layer
      parts.push(new Float32Array(features).fill(1), new Float32Array(features))
    }
  }
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let taken = 0
  for (const part of parts) {
    values.set(part, taken)
    taken += part.length
  }
  return values
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
