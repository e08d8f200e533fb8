import assert from 'node:assert/strict'

import {
  add,
  arange,
  cat,
  DTypeError,
  full,
  generate,
  type GenerateOptions,
  type GenerationStep,
  Generator,
  isGradEnabled,
  nn,
  randn,
  ShapeError,
  Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const [VOCABULARY, E] = [11, 8]
const PROMPT = [3, 1, 4, 1, 5]
const dtype = 'float64'
const wrong = (value: unknown): never => value as never

class Block extends nn.Module<[x: Tensor, options?: { cache?: nn.KeyValueCache | null }]> {
  norm = new nn.LayerNorm(E, { dtype })
  attention = new nn.MultiheadAttention(E, 2, { batchFirst: true, dtype })
  rest = new nn.Sequential(
    new nn.LayerNorm(E, { dtype }),
    new nn.Linear(E, 16, { dtype }),
    new nn.GELU(),
    new nn.Linear(16, E, { dtype }),
  )

  override forward(x: Tensor, { cache = null }: { cache?: nn.KeyValueCache | null } = {}): Tensor {
    const h = this.norm.forward(x)
    const call = { cache, isCausal: true, needWeights: false }
    const y = add(x, this.attention.forward(h, h, h, call).output)
    return add(y, this.rest.forward(y))
  }
}

class Transformer extends nn.Module<[tokens: Tensor, options?: { cache?: nn.KeyValueCache }]> {
  tokens = new nn.Embedding(VOCABULARY, E, { dtype })
  places = new nn.Embedding(32, E, { dtype })
  blocks = [new Block(), new Block()]
  head = new nn.Linear(E, VOCABULARY, { dtype })

  override forward(tokens: Tensor, { cache }: { cache?: nn.KeyValueCache } = {}): Tensor {
    const past = cache?.length ?? 0
    const places = arange(past, past + tokens.shape[1]!, { dtype: 'int32' })
    let x = add(this.tokens.forward(tokens), this.places.forward(places))
    for (const block of this.blocks) x = block.forward(x, cache === undefined ? {} : { cache })
    return this.head.forward(x)
  }
}

/** Sees all tokens each time. */
const repeating =
  (forward: (tokens: Tensor) => Tensor): GenerationStep<Tensor> =>
  (tokens, seen) => {
    const state = seen === undefined ? tokens : cat([seen, tokens], 1)
    return { logits: forward(state), state }
  }

/** The model each of whose steps costs a token, and a forward of all of them. */
const models = {
  'attention with a cache': () => {
    const model = new Transformer().eval()
    const cache = new nn.KeyValueCache(32)
    const step: GenerationStep = (tokens) => model.forward(tokens, { cache })
    return { step, forward: (tokens: Tensor) => model.forward(tokens) }
  },
  'layers of transformers with a cache': () => {
    const embedding = new nn.Embedding(VOCABULARY, E, { dtype })
    const positions = new nn.PositionalEncoding(E, { batchFirst: true }).eval()
    const layer = new nn.TransformerEncoderLayer(E, 2, { batchFirst: true, normFirst: true, dtype })
    const norm = new nn.LayerNorm(E, { dtype })
    const encoder = new nn.TransformerEncoder(layer, 2, { norm }).eval()
    const head = new nn.Linear(E, VOCABULARY, { dtype })
    const run = (tokens: Tensor, cache: nn.KeyValueCache | null): Tensor => {
      const x = positions.forward(embedding.forward(tokens), { offset: cache?.length ?? 0 })
      return head.forward(encoder.forward(x, { isCausal: true, cache }))
    }
    const cache = new nn.KeyValueCache(32)
    return { step: (tokens: Tensor) => run(tokens, cache), forward: (x: Tensor) => run(x, null) }
  },
  'a decoder of a memory with a cache': () => {
    const embedding = new nn.Embedding(VOCABULARY, E, { dtype })
    const layer = new nn.TransformerDecoderLayer(E, 2, { batchFirst: true, dtype })
    const decoder = new nn.TransformerDecoder(layer, 2).eval()
    const head = new nn.Linear(E, VOCABULARY, { dtype })
    const memory = randn([1, 6, E], { dtype })
    const run = (tokens: Tensor, cache: nn.KeyValueCache | null): Tensor => {
      const options = { tgtIsCausal: true, cache }
      return head.forward(decoder.forward(embedding.forward(tokens), memory, options))
    }
    const cache = new nn.KeyValueCache(32)
    return { step: (tokens: Tensor) => run(tokens, cache), forward: (x: Tensor) => run(x, null) }
  },
  'a recurrent layer by its state': () => {
    const embedding = new nn.Embedding(VOCABULARY, E, { dtype })
    const gru = new nn.GRU(E, E, { numLayers: 2, batchFirst: true, dtype })
    const head = new nn.Linear(E, VOCABULARY, { dtype })
    const run = (tokens: Tensor, h0?: Tensor): { logits: Tensor; state: Tensor } => {
      const { output, hN } = gru.forward(embedding.forward(tokens), { h0 })
      return { logits: head.forward(output), state: hN }
    }
    return { step: run, forward: (tokens: Tensor) => run(tokens).logits }
  },
  'an LSTM by both of its states': () => {
    const embedding = new nn.Embedding(VOCABULARY, E, { dtype })
    const lstm = new nn.LSTM(E, E, { batchFirst: true, dtype })
    const head = new nn.Linear(E, VOCABULARY, { dtype })
    const run = (tokens: Tensor, state?: nn.LSTMState): { logits: Tensor; state: nn.LSTMState } => {
      const { output, hN, cN } = lstm.forward(embedding.forward(tokens), state)
      return { logits: head.forward(output), state: { h0: hN, c0: cN } }
    }
    return { step: run, forward: (tokens: Tensor) => run(tokens).logits }
  },
} satisfies Record<string, () => unknown>

interface Run {
  readonly tokens: number[]
  readonly logits: number[][]
}

async function run<S>(step: GenerationStep<S>, options: GenerateOptions): Promise<Run> {
  const logits: number[][] = []
  const watched: GenerationStep<S> = (tokens, state) => {
    assert.equal(isGradEnabled(), false)
    const given = step(tokens, state)
    const all = given instanceof Tensor ? given : given.logits
    logits.push([...all.data.slice(-VOCABULARY)])
    return given
  }
  const tokens: number[] = []
  for await (const token of generate(watched, PROMPT, options)) tokens.push(token)
  return { tokens, logits }
}

/** Always the same logits, of three tokens. */
const constant = (): Tensor => tensor([[[9, 9, 9], [0, 1, 5]]]) // prettier-ignore

async function all(tokens: AsyncIterable<number>): Promise<number[]> {
  const found: number[] = []
  for await (const token of tokens) found.push(token)
  return found
}

describe('generate', () => {
  eachBackend(() => {
    for (const [name, make] of Object.entries(models)) {
      it(`gives what whole forward passes give: ${name}`, async () => {
        const { step, forward } = make()
        const options = (): GenerateOptions => {
          return { maxNewTokens: 9, temperature: 0.9, topK: 8, generator: new Generator(3) }
        }
        const found = await run(step as GenerationStep, options())
        const expected = await run(repeating(forward), options())
        assert.deepEqual(found.tokens, expected.tokens)
        assert.equal(found.logits.length, 9)
        for (const [i, row] of found.logits.entries()) {
          for (const [j, value] of row.entries()) {
            // Some hundred sums and products in float64, in another order, none far above 1.
            assert.ok(Math.abs(value - expected.logits[i]![j]!) < 1e-12)
          }
        }
      })
    }
  })

  it('draws as sample does, from the last row', async () => {
    assert.deepEqual(
      await all(generate(constant, [0], { maxNewTokens: 3, temperature: 0 })),
      [2, 2, 2],
    )
    const seeded = (): GenerateOptions => ({
      ...{ maxNewTokens: 40, temperature: 3, topK: 2, generator: new Generator(1) },
    })
    const found = await all(generate(constant, [0], seeded()))
    assert.deepEqual(new Set(found), new Set([1, 2]))
    assert.deepEqual(await all(generate(constant, [0], seeded())), found)
    for (const logits of [
      tensor([0, 7]),
      tensor([
        [9, 0],
        [0, 7],
      ]),
    ]) {
      // prettier-ignore
      assert.deepEqual(await all(generate(() => logits, [0], { maxNewTokens: 1, temperature: 0 })), [1])
    }
  })

  it('hands a step the prompt, then each token, and the state before', async () => {
    const seen: unknown[] = []
    const step: GenerationStep<number> = (tokens, state) => {
      seen.push([tokens.toArray(), tokens.dtype, state])
      return { logits: tensor([0, 0, 1]), state: (state ?? 0) + 1 }
    }
    for (const prompt of [
      [5, 6],
      tensor([5, 6], { dtype: 'int32' }),
      tensor([[5, 6]], { dtype: 'int32' }),
    ]) {
      seen.length = 0
      await all(generate(step, prompt, { maxNewTokens: 3, temperature: 0 }))
      assert.deepEqual(seen, [
        [[[5, 6]], 'int32', undefined],
        [[[2]], 'int32', 1],
        [[[2]], 'int32', 2],
      ])
    }
  })

  it('ends at a stop token, without it, and when nobody asks for more', async () => {
    let calls = 0
    const counting: GenerationStep = () => {
      const logits = zeros([4])
      logits.data[calls++ % 4] = 9
      return logits
    }
    const options = { maxNewTokens: 20, temperature: 0 }
    assert.deepEqual(await all(generate(counting, [0], { ...options, stop: 2 })), [0, 1])
    calls = 0
    assert.deepEqual(await all(generate(counting, [0], { ...options, stop: [9, 1] })), [0])
    calls = 0
    for await (const token of generate(counting, [0], options)) if (token === 2) break
    assert.equal(calls, 3)
  })

  it('lets the event loop turn between tokens', async () => {
    let turns = 0
    let isRunning = true
    const turn = (): void => {
      turns++
      if (isRunning) setImmediate(turn)
    }
    setImmediate(turn)
    const seen: number[] = []
    for await (const token of generate(constant, [0], { maxNewTokens: 5 })) {
      assert.ok(token < 3)
      seen.push(turns)
    }
    isRunning = false
    assert.deepEqual([...new Set(seen)], seen)
  })

  it('refuses what does not fit', async () => {
    const one = { maxNewTokens: 1 }
    const cases: [() => unknown, new (message: string) => Error, RegExp][] = [
      [() => generate(wrong(null), [1], one), ValueError, /step.*a function/],
      [() => generate(constant, [], one), ValueError, /the prompt.*one at least/],
      [() => generate(constant, [1, -1], one), ValueError, /the prompt.*got -1/],
      [() => generate(constant, [0.5], one), ValueError, /the prompt.*got 0\.5/],
      [() => generate(constant, wrong('ab'), one), ValueError, /the prompt/],
      [() => generate(constant, zeros([3]), one), DTypeError, /the prompt.*int32/],
      [() => generate(constant, zeros([2, 3], { dtype: 'int32' }), one), ShapeError, /\(1, T\)/],
      [() => generate(constant, zeros([0], { dtype: 'int32' }), one), ShapeError, /one token/],
      [() => generate(constant, full([2], -1, { dtype: 'int32' }), one), ValueError, /got -1/],
      [() => generate(constant, [1], wrong(undefined)), ValueError, /maxNewTokens/],
      [() => generate(constant, [1], { maxNewTokens: 0 }), ValueError, /maxNewTokens/],
      [() => generate(constant, [1], { ...one, stop: -1 }), ValueError, /stop.*a token/],
      [() => generate(constant, [1], { ...one, stop: [0, wrong('a')] }), ValueError, /stop/],
      [() => generate(constant, [1], { ...one, topK: 0 }), ValueError, /generate.*topK/],
      [() => generate(constant, [1], wrong({ ...one, maxTokens: 3 })), ValueError, /maxNewTokens/],
    ]
    for (const [call, error, message] of cases) {
      assert.throws(call, (thrown: Error) => thrown instanceof error && message.test(thrown.message)) // prettier-ignore
    }
    const steps: [GenerationStep, RegExp][] = [
      [() => wrong(null), /what the step returns.*logits/],
      [() => wrong({ state: 1 }), /what the step returns.*logits/],
      [() => wrong(Promise.resolve(constant())), /generate|noGrad/],
      [() => zeros([2, 1, 3]), /the logits.*one sequence/],
      [() => zeros([1, 0, 3]), /the logits.*shape/],
      [() => zeros([3], { dtype: 'int32' }), /the logits.*float32/],
      [() => tensor([NaN, 1]), /NaN/],
    ]
    for (const [step, message] of steps) {
      await assert.rejects(
        all(generate(step, [0], one)),
        (thrown: Error) => /^ERR_/.test((thrown as { code?: string }).code ?? '') && message.test(thrown.message), // prettier-ignore
      )
    }
  })
})
