import { setImmediate } from 'node:timers/promises'

import { noGrad } from '../autograd/grad-mode.js'
import { checkArguments, checkFunction } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { type Option, type Options, readOptions, required, whole } from '../options.js'
import { generatorOf } from '../random/generator.js'
import { checkFloat, tensor } from '../tensor/create.js'
import { formatShape, Tensor } from '../tensor/tensor.js'
import { sample, SAMPLE_LOGITS, type SampleLogitsOptions } from './sample.js'

export interface GenerateOptions extends SampleLogitsOptions {
  /** How many tokens are drawn at most. */
  maxNewTokens: number
  /** A token, or several, that end it; it is not given. Default: none. */
  stop?: number | readonly number[]
}

const isToken = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31

const stop: Option<number | readonly number[] | undefined> = {
  initial: undefined,
  expected: 'a token or an array of tokens, whole numbers of at least 0',
  accepts: (value) => (Array.isArray(value) ? Array.from(value).every(isToken) : isToken(value)),
}

const OPTIONS = {
  maxNewTokens: required(whole(1)),
  stop,
  ...SAMPLE_LOGITS,
} satisfies Options<GenerateOptions>

/** What a step gives: logits, and the state that the next step is handed. */
export interface GenerationOutput<S> {
  /** (1, T, vocabulary), (T, vocabulary) or (vocabulary): the last row is that of the next token. */
  readonly logits: Tensor
  readonly state: S
}

/**
 * Computes logits from tokens, int32 (1, T): the whole prompt first, then one new token at a time. `state` is
 * what the step before gave, undefined in the first.
 */
export type GenerationStep<S = unknown> = (
  tokens: Tensor,
  state: S | undefined,
) => Tensor | GenerationOutput<S>

/**
 * Draws tokens that follow a prompt, one after the other, as an async iterable of numbers; between two of
 * them the event loop turns. Any model that gives logits will do: `step` runs it, without gradients, on the
 * tokens that it has not seen yet. What it has seen is kept by a cache, by the states of recurrent layers, or
 * by the tokens themselves. Put the model into evaluation mode first.
 *
 * @param prompt int32 (T) or (1, T), or a list of tokens; one at least.
 * @throws ValueError, ShapeError, DTypeError when arguments or what a step gives do not fit.
 *
 * @example
 * const cache = new nn.KeyValueCache(256)
 * const step = (tokens: Tensor) => model.forward(tokens, { cache })
 * for await (const token of generate(step, prompt, { maxNewTokens: 100, temperature: 0.8 })) { … }
 *
 * @example
 * // With the state of a recurrent layer:
 * const step = (tokens: Tensor, h0?: Tensor) => {
 *   const { output, hN } = gru.forward(embedding.forward(tokens), { h0 })
 *   return { logits: head.forward(output), state: hN }
 * }
 */
export function generate<S = unknown>(
  step: GenerationStep<S>,
  prompt: Tensor | readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void, undefined> {
  checkArguments('generate', 3, arguments)
  checkFunction('generate', 'step', step)
  const tokens = promptOf(prompt)
  const { maxNewTokens, stop, ...drawing } = readOptions('generate', OPTIONS, options)
  const ends = new Set(typeof stop === 'number' ? [stop] : stop)
  const generator = generatorOf('generate', drawing.generator)
  const next = (logits: Tensor): number => sample(logits, { ...drawing, generator }).item()
  return drawn(step, tokens, maxNewTokens, ends, next)
}

async function* drawn<S>(
  step: GenerationStep<S>,
  prompt: Tensor,
  maxNewTokens: number,
  ends: ReadonlySet<number>,
  next: (logits: Tensor) => number,
): AsyncGenerator<number, void, undefined> {
  let tokens = prompt
  let state: S | undefined
  for (let i = 0; i < maxNewTokens; i++) {
    if (i > 0) await setImmediate()
    const given = noGrad(() => step(tokens, state))
    const { logits } = given instanceof Tensor ? { logits: given } : outputOf(given)
    state = given instanceof Tensor ? undefined : given.state
    const token = next(lastRow(logits))
    if (ends.has(token)) return
    yield token
    tokens = tensor([[token]], { dtype: 'int32' })
  }
}

/** A copy, (1, T). */
function promptOf(given: unknown): Tensor {
  const expected = 'tokens: whole numbers of at least 0, one at least'
  if (!(given instanceof Tensor)) {
    const list: unknown[] = Array.isArray(given) ? Array.from(given as unknown[]) : []
    const wrong = list.length === 0 ? given : list.find((token) => !isToken(token))
    if (wrong !== undefined || list.length === 0)
      throw new ValueError(complaint('generate', 'the prompt', expected, wrong))
    return tensor([list as number[]], { dtype: 'int32' })
  }
  const { shape, dtype, length } = given
  if (dtype !== 'int32') throw new DTypeError(complaint('generate', 'the prompt', 'int32', dtype))
  if (length === 0 || shape.length > 2 || shape.length === 0 || length !== shape.at(-1)) {
    const fits = 'shape (T) or (1, T), one token at least'
    throw new ShapeError(complaint('generate', 'the prompt', fits, `shape ${formatShape(shape)}`))
  }
  const wrong = given.data.find((token) => token < 0)
  if (wrong !== undefined) {
    throw new ValueError(complaint('generate', 'the prompt', expected, wrong))
  }
  return given.detach().clone().reshape([1, length])
}

function outputOf(given: unknown): { logits: Tensor } {
  const { logits } = Object(given) as { logits?: unknown }
  if (logits instanceof Tensor) return { logits }
  const expected = 'a tensor of logits, or { logits, state }'
  throw new ValueError(complaint('generate', 'what the step returns', expected, given))
}

/** The logits of the next token, (vocabulary). */
function lastRow(logits: Tensor): Tensor {
  checkFloat('generate', 'the logits', logits.dtype)
  const { shape, ndim } = logits
  const [n = 0, rows = 1] = [...shape].reverse()
  if (ndim < 1 || ndim > 3 || (ndim === 3 && shape[0] !== 1) || n * rows === 0) {
    const expected = 'shape (1, T, vocabulary), (T, vocabulary) or (vocabulary), of one sequence'
    const got = `shape ${formatShape(shape)}`
    throw new ShapeError(complaint('generate', 'the logits', expected, got))
  }
  return logits
    .detach()
    .reshape([rows, n])
    .select(0, rows - 1)
}
