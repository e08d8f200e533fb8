// What transformer.pytorch.test.ts leaves out: copies, masks and flags, captured steps, what is refused.
import assert from 'node:assert/strict'

import { capture, cat, Generator, gradcheck, manualSeed, nn, noGrad, ones, randn, summary, type Tensor, tensor } from '../../ts/index.js' // prettier-ignore
import { eachBackend } from '../support/each-backend.js'
import { kernelCalls } from '../support/kernel-calls.js'

const float64 = { dtype: 'float64', dropout: 0, dimFeedforward: 6, batchFirst: true } as const

const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' })
const numbers = (x: Tensor): number[] => [...x.data]
const uint8 = (values: number[][]): Tensor => tensor(values, { dtype: 'uint8' })

function assertClose(a: Tensor, b: Tensor): void {
  assert.deepEqual(a.shape, b.shape)
  // Some ten sums of some ten products of numbers around 1.
  numbers(a).forEach((value, i) => {
    assert.ok(Math.abs(value - numbers(b)[i]!) < 1e-12)
  })
}

const encoderLayer = (options: nn.TransformerLayerOptions = {}): nn.TransformerEncoderLayer =>
  new nn.TransformerEncoderLayer(8, 2, { ...float64, ...options })

describe('Layers of transformers', () => {
  eachBackend(() => {
    it('are as causal by an option as by a mask', () => {
      const transformer = new nn.Transformer(8, 2, {
        ...{ ...float64, numEncoderLayers: 2, numDecoderLayers: 2 },
      })
      const [src, tgt] = [random(2, 5, 8), random(2, 4, 8)]
      const mask = (size: number): Tensor =>
        nn.Transformer.generateSquareSubsequentMask(size, { dtype: 'float64' })
      assert.deepEqual(numbers(mask(2)), [0, -Infinity, 0, 0])
      const by = { srcIsCausal: true, tgtIsCausal: true }
      assertClose(
        transformer.forward(src, tgt, by),
        transformer.forward(src, tgt, { srcMask: mask(5), tgtMask: mask(4) }),
      )
    })

    it('see no step behind a causal one, and none that is padding', () => {
      const encoder = new nn.TransformerEncoder(encoderLayer(), 2)
      const x = random(1, 4, 8)
      const other = x.clone()
      other.data.fill(1e3, 3 * 8)
      const head = (y: Tensor): number[] => numbers(y).slice(0, 3 * 8)
      const causal = { isCausal: true }
      assert.deepEqual(head(encoder.forward(x, causal)), head(encoder.forward(other, causal)))
      const padded = { srcKeyPaddingMask: uint8([[0, 0, 0, 1]]) }
      assert.deepEqual(head(encoder.forward(x, padded)), head(encoder.forward(other, padded)))
      assert.notDeepEqual(head(encoder.forward(x)), head(encoder.forward(other)))
    })

    it('take an added mask by blocks, and give it a gradient where it requires one', () => {
      const layer = encoderLayer()
      const x = random(2, 3, 8)
      const srcMask = random(3, 3)
      const wanted = srcMask.clone().requiresGrad_()
      const outputs: Tensor[] = []
      for (const [mask, calls] of [
        [srcMask, 1],
        [wanted, 0],
      ] as const) {
        const call = (): unknown => outputs.push(layer.forward(x, { srcMask: mask }))
        assert.equal(kernelCalls('attention', call), calls)
      }
      const [byBlocks, whole] = outputs as [Tensor, Tensor]
      assertClose(byBlocks, whole)
      whole
        .square()
        .mul(random(2, 3, 8))
        .sum()
        .backward()
      assert.ok(numbers(wanted.grad!).every((value) => value !== 0))
    })

    it('of a row without any key leave what the projection makes of 0', () => {
      const layer = encoderLayer({ normFirst: true })
      const x = random(1, 2, 8).requiresGrad_()
      const y = layer.forward(x, { srcKeyPaddingMask: uint8([[1, 1]]) })
      y.sum().backward()
      assert.ok([...numbers(y), ...numbers(x.grad!)].every(Number.isFinite))
    })

    it('go on step by step with a cache', () => {
      const { encoder, decoder } = new nn.Transformer(8, 2, {
        ...{ ...float64, numEncoderLayers: 2, numDecoderLayers: 2 },
      })
      const [x, memory] = [random(2, 5, 8), random(2, 3, 8)]
      const inParts = (call: (part: Tensor) => Tensor): Tensor =>
        noGrad(() =>
          cat(
            [0, 3, 4].map((i) => call(x.narrow(1, i, i === 0 ? 3 : 1))),
            1,
          ),
        )
      let cache = new nn.KeyValueCache(5)
      const encoded = inParts((part) => encoder.forward(part, { isCausal: true, cache }))
      assertClose(encoded, encoder.forward(x, { isCausal: true }))
      cache = new nn.KeyValueCache(5)
      const decoded = inParts((part) => decoder.forward(part, memory, { tgtIsCausal: true, cache }))
      assertClose(decoded, decoder.forward(x, memory, { tgtIsCausal: true }))
      assert.equal(cache.length, 5)
    })

    it('have the gradients of finite differences', () => {
      manualSeed(2)
      const transformer = new nn.Transformer(4, 2, {
        ...{ ...float64, dimFeedforward: 3, numEncoderLayers: 1, numDecoderLayers: 1 },
        activation: 'gelu',
      })
      const inputs = [random(1, 3, 4), random(1, 2, 4)].map((x) => x.requiresGrad_())
      const call = (src: Tensor, tgt: Tensor): Tensor =>
        transformer.forward(src, tgt, { tgtIsCausal: true })
      gradcheck(call, inputs)
    })

    it('are captured to the same bits', () => {
      const run = (captured: boolean): number[] => {
        manualSeed(3)
        const transformer = new nn.Transformer(8, 2, {
          ...{ dimFeedforward: 6, numEncoderLayers: 2, numDecoderLayers: 1, batchFirst: true },
        })
        const [src, tgt] = [randn([2, 5, 8]), randn([2, 4, 8])]
        const srcKeyPaddingMask = uint8([[0, 0, 0, 0, 1], [0, 0, 0, 0, 0]]) // prettier-ignore
        const step = (inputs: { src: Tensor; tgt: Tensor }): Tensor => {
          transformer.zeroGrad()
          const y = transformer.forward(inputs.src, inputs.tgt, {
            ...{ tgtIsCausal: true, srcKeyPaddingMask },
            memoryKeyPaddingMask: srcKeyPaddingMask,
          })
          const loss = y.mul(inputs.tgt).sum()
          loss.backward()
          return loss
        }
        const recorded = captured ? capture(step, { inputs: { src, tgt } }) : null
        const losses = [1, 2].map(() =>
          (recorded ? recorded.runSync({ src, tgt }) : step({ src, tgt })).item(),
        )
        return [...losses, ...transformer.parameters().flatMap(({ grad }) => numbers(grad!))]
      }
      const eager = run(false)
      assert.notEqual(eager[0], eager[1], 'dropout draws anew')
      assert.deepEqual(run(true), eager)
    })

    it('drop in training only, as their generator says', () => {
      const generator = new Generator(1)
      const encoder = new nn.TransformerEncoder(encoderLayer({ dropout: 0.5, generator }), 2)
      const x = random(2, 3, 8)
      const [a, b] = [1, 1].map((seed) => {
        generator.manualSeed(seed)
        return numbers(encoder.forward(x))
      })
      assert.deepEqual(a, b)
      assert.notDeepEqual(numbers(encoder.forward(x)), a)
      encoder.eval()
      assert.deepEqual(numbers(encoder.forward(x)), numbers(encoder.forward(x)))
    })
  })

  it('are copied with their numbers, modes and what draws, and nothing is drawn for that', () => {
    manualSeed(4)
    const layer = encoderLayer({ dropout: 0.5 })
    layer.linear1.weight.requiresGrad = false
    layer.norm1.eval()
    manualSeed(5)
    const expected = numbers(randn([1]))
    manualSeed(5)
    const encoder = new nn.TransformerEncoder(layer, 2)
    assert.deepEqual(numbers(randn([1])), expected)
    for (const copy of encoder.layers) {
      assert.equal(copy.toString(), layer.toString())
      assert.notEqual(copy.linear2.weight.buffer, layer.linear2.weight.buffer)
      assert.deepEqual(numbers(copy.linear2.weight), numbers(layer.linear2.weight))
      assert.equal(copy.linear1.weight.requiresGrad, false)
      assert.deepEqual([copy.norm1.training, copy.norm2.training], [false, true])
    }
    const generator = new Generator(1)
    const own = new nn.TransformerEncoder(encoderLayer({ generator }), 1)
    assert.deepEqual(own.generators(), [generator])
  })

  it('of a list stay those that they are', () => {
    const layers = [encoderLayer(), encoderLayer()]
    assert.deepEqual(new nn.TransformerEncoder(layers).layers, layers)
  })

  it('may be those of a class of a user', () => {
    class Twice extends nn.Module<[src: Tensor, options?: nn.EncoderLayerCallOptions]> {
      override forward(src: Tensor, options?: nn.EncoderLayerCallOptions): Tensor {
        return src.mul(options?.isCausal === true ? 2 : 3)
      }
    }
    const encoder = new nn.TransformerEncoder([new Twice(), new Twice()])
    assert.deepEqual(numbers(encoder.forward(ones([1, 1, 1]), { isCausal: true })), [4])
    assert.throws(() => new nn.TransformerEncoder(new Twice(), 2), { code: 'ERR_VALUE' })
  })

  it('of a Transformer begin with Xavier’s numbers, and custom ones with their own', () => {
    const customEncoder = new nn.TransformerEncoder(encoderLayer(), 1)
    const before = customEncoder.parameters().map(numbers)
    const transformer = new nn.Transformer(64, 4, {
      ...{ dimFeedforward: 128, numEncoderLayers: 1, numDecoderLayers: 1 },
    })
    const most = (x: Tensor): number => Math.max(...numbers(x).map(Math.abs))
    for (const [name, parameter] of transformer.namedParameters()) {
      if (parameter.ndim === 1) continue
      const [rows, cols] = parameter.shape as [number, number]
      const bound = Math.sqrt(6 / (rows + cols))
      assert.ok(most(parameter) <= bound && most(parameter) > 0.98 * bound, name)
    }
    const custom = new nn.Transformer(8, 2, { ...float64, customEncoder, numDecoderLayers: 1 })
    assert.equal(custom.encoder, customEncoder)
    assert.deepEqual(customEncoder.parameters().map(numbers), before)
  })

  it('are counted by summary', () => {
    const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 6 })
    const model = new nn.TransformerEncoder(layer, 2)
    const { parameters, multiplyAdds, rows } = summary(model, [3, 2, 8])
    const own = 3 * 8 * 8 + 3 * 8 + 8 * 8 + 8 + 2 * 8 * 6 + 6 + 8 + 4 * 8
    assert.equal(parameters, 2 * own)
    // Six rows, each of which has three keys.
    assert.equal(multiplyAdds, 2 * 6 * (4 * 8 * 8 + 2 * 3 * 8 + 2 * 8 * 6))
    const second = rows.find(({ path }) => path === 'layers.1')!
    assert.deepEqual(second.outputShape, [3, 2, 8])
  })

  it('refuse what does not go together, with the path of the module', () => {
    const x = random(2, 3, 8)
    const encoder = new nn.TransformerEncoder([encoderLayer(), encoderLayer()])
    const decoder = new nn.TransformerDecoder(new nn.TransformerDecoderLayer(8, 2, float64), 1)
    const transformer = new nn.Transformer(8, 2, {
      ...{ ...float64, numEncoderLayers: 1, numDecoderLayers: 1 },
    })
    const plain = { dropout: 0 }
    const [layer] = encoder.layers
    const twice = new nn.TransformerEncoder([layer!, layer!])
    for (const [act, code, path] of [
      [
        () => encoder.forward(random(2, 3, 7)),
        'ERR_SHAPE',
        /TransformerEncoder\.layers\.0\.self_attn /,
      ],
      [
        () => encoder.forward(randn([2, 3, 8])),
        'ERR_DTYPE',
        /TransformerEncoder\.layers\.0\.self_attn /,
      ],
      [() => encoder.forward(x, { mask: uint8([[0, 0]]) }), 'ERR_SHAPE', /layers\.0\.self_attn /],
      [() => encoder.forward(x, { mask: 1 } as never), 'ERR_VALUE', /layers\.0\.self_attn /],
      [
        () => encoder.forward(x, { srcMask: null } as never),
        'ERR_VALUE',
        /TransformerEncoder.*mask/,
      ],
      [() => encoder.forward(x, { isCausal: 1 } as never), 'ERR_VALUE', /isCausal/],
      [() => decoder.forward(x, random(1, 3, 8)), 'ERR_SHAPE', /layers\.0\.multihead_attn /],
      [() => (decoder.forward as (x: Tensor) => Tensor)(x), 'ERR_VALUE', /memory|input/],
      [() => transformer.forward(x, random(1, 3, 8)), 'ERR_SHAPE', /\(2, 3, 8\), \(1, 3, 8\)/],
      [() => transformer.forward(x, random(3, 8)), 'ERR_SHAPE', /\(3, 8\)/],
      [() => (transformer.forward as (x: Tensor) => Tensor)(x), 'ERR_VALUE', /tgt to be a Tensor/],
      [() => twice.forward(x, { cache: new nn.KeyValueCache(4) }), 'ERR_VALUE', /several places/],
      [() => new nn.TransformerEncoder(encoderLayer(), -1), 'ERR_VALUE', /numLayers/],
      [() => new nn.TransformerEncoder(encoderLayer()), 'ERR_VALUE', /numLayers/],
      [() => new nn.TransformerEncoder([encoderLayer()], 2), 'ERR_VALUE', /numLayers/],
      [() => new nn.TransformerEncoder([1] as never), 'ERR_VALUE', /layer 0/],
      [() => new nn.TransformerDecoder(1 as never, 2), 'ERR_VALUE', /layer/],
      [() => new nn.TransformerEncoder([], 0, { norm: 1 } as never), 'ERR_VALUE', /norm/],
      [() => new nn.TransformerEncoderLayer(8, 3, plain), 'ERR_VALUE', /embedDim|dModel/],
      [() => encoderLayer({ activation: 'tanh' } as never), 'ERR_VALUE', /activation/],
      [() => encoderLayer({ dimFeedforward: 0 }), 'ERR_VALUE', /dimFeedforward/],
      [() => new nn.Transformer(8, 2, { customDecoder: 1 } as never), 'ERR_VALUE', /customDecoder/],
      [() => new nn.Transformer(0), 'ERR_VALUE', /dModel/],
      [() => nn.Transformer.generateSquareSubsequentMask(-1), 'ERR_SHAPE', /size/],
    ] as const) {
      assert.throws(act, (error: Error & { code: string }) => {
        assert.equal(error.code, code, error.message)
        assert.match(error.message, path)
        return true
      })
    }
  })

  it('of a changed layer are not copied', () => {
    const layer = encoderLayer()
    layer.norm1 = new nn.LayerNorm(8, { eps: 0.5, dtype: 'float64' })
    assert.throws(() => new nn.TransformerEncoder(layer, 2), /a list of as many layers/)
  })
})
