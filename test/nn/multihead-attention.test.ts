// What multihead-attention.pytorch.test.ts leaves out: ways that agree, captured steps, what is refused.
import assert from 'node:assert/strict'

import { capture, Generator, manualSeed, nn, ones, randn, type Tensor, tensor, zeros } from '../../ts/index.js' // prettier-ignore
import { eachBackend } from '../support/each-backend.js'
import { kernelCalls } from '../support/kernel-calls.js'

const first = (options: nn.MultiheadAttentionOptions = {}): nn.MultiheadAttention =>
  new nn.MultiheadAttention(8, 2, { batchFirst: true, dtype: 'float64', ...options })

const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' })

const numbers = (x: Tensor): number[] => [...x.data]

function assertClose(a: Tensor, b: Tensor): void {
  assert.deepEqual(a.shape, b.shape)
  numbers(a).forEach((value, i) => {
    // Some ten sums of eight products of numbers around 1.
    assert.ok(Math.abs(value - numbers(b)[i]!) < 1e-13)
  })
}

describe('MultiheadAttention', () => {
  eachBackend(() => {
    it('gives the same with weights and without', () => {
      const layer = first()
      const [x, y] = [random(2, 5, 8), random(2, 5, 8)]
      const mask = tensor([0, 1, 0, 0, 0], { dtype: 'uint8' }).expand([5, 5])
      for (const options of [{}, { isCausal: true }, { attnMask: mask, isCausal: true }]) {
        for (const [k, v] of [
          [x, x],
          [y, y],
          [y, x],
        ] as const) {
          const plain = layer.forward(x, k, v, options)
          const { output, weights } = layer.forward(x, k, v, { ...options, needWeights: false })
          assertClose(output, plain.output)
          assert.equal(weights, null)
        }
      }
    })

    it('projects the inputs of self-attention by one product, whether or not they want gradients', () => {
      const layer = first()
      for (const x of [random(2, 5, 8), random(2, 5, 8).requiresGrad_()]) {
        const call = (): unknown => layer.forward(x, x, x, { needWeights: false })
        assert.equal(kernelCalls('matmul', call), 2)
      }
    })

    it('of causal rows is that of a mask', () => {
      for (const options of [{}, { addZeroAttn: true, addBiasKv: true }]) {
        const layer = first(options)
        const x = random(2, 3, 8)
        const attnMask = tensor([[0, 1, 1], [0, 0, 1], [0, 0, 0]], { dtype: 'uint8' }) // prettier-ignore
        for (const needWeights of [true, false]) {
          const masked = layer.forward(x, x, x, { attnMask, needWeights })
          const causal = layer.forward(x, x, x, { isCausal: true, needWeights })
          assertClose(causal.output, masked.output)
        }
      }
    })

    it('of a row without any key is the bias of the projection', () => {
      const layer = first()
      nn.init.constant_(layer.out_proj.bias!, 3)
      const x = random(1, 2, 8).requiresGrad_()
      const keyPaddingMask = ones([1, 2], { dtype: 'uint8' })
      for (const needWeights of [true, false]) {
        const { output } = layer.forward(x, x, x, { keyPaddingMask, needWeights })
        output.sum().backward()
        assert.deepEqual(numbers(output), Array(16).fill(3))
        assert.deepEqual(numbers(x.grad!), Array(16).fill(0))
      }
    })

    it('drops weights in training only, as its generator says', () => {
      const layer = first({ dropout: 0.5, generator: new Generator(1) })
      const x = random(2, 6, 8)
      const dropped = layer.forward(x, x, x, { averageAttnWeights: false }).weights!
      assert.ok(numbers(dropped).some((value) => value === 0))
      const [a, b] = [1, 1].map((seed) => {
        layer.generator!.manualSeed(seed)
        return layer.forward(x, x, x, { needWeights: false }).output
      })
      assert.deepEqual(numbers(a!), numbers(b!))
      layer.eval()
      const open = layer.forward(x, x, x, { averageAttnWeights: false })
      assert.ok(numbers(open.weights!).every((value) => value > 0))
      assertClose(layer.forward(x, x, x, { needWeights: false }).output, open.output)
    })

    it('is captured to the same bits', () => {
      for (const needWeights of [false, true]) {
        const run = (captured: boolean): number[] => {
          manualSeed(3)
          const layer = first({ dropout: 0.25, dtype: 'float32' })
          const x = randn([2, 5, 8])
          const keyPaddingMask = tensor([[0, 0, 0, 0, 1], [0, 0, 0, 0, 0]], { dtype: 'uint8' }) // prettier-ignore
          const step = (inputs: { x: Tensor }): Tensor => {
            layer.zeroGrad()
            const options = { keyPaddingMask, needWeights, isCausal: true }
            const { output } = layer.forward(inputs.x, inputs.x, inputs.x, options)
            const loss = output.square().sum()
            loss.backward()
            return loss
          }
          const recorded = captured ? capture(step, { inputs: { x } }) : null
          const losses = [1, 2].map(() => (recorded ? recorded.runSync({ x }) : step({ x })).item())
          return [...losses, ...[...layer.parameters()].flatMap(({ grad }) => numbers(grad!))]
        }
        assert.deepEqual(run(true), run(false))
      }
    })

    it('draws its parameters as PyTorch does', () => {
      const { in_proj_weight, in_proj_bias, out_proj, bias_k } = new nn.MultiheadAttention(64, 4, {
        addBiasKv: true,
      })
      const most = (x: Tensor): number => Math.max(...numbers(x).map(Math.abs))
      const bound = Math.sqrt(6 / 256)
      assert.ok(most(in_proj_weight!) <= bound && most(in_proj_weight!) > 0.98 * bound)
      assert.ok(most(out_proj.weight) <= 1 / 8 && most(out_proj.weight) > 0.98 / 8)
      assert.ok(most(in_proj_bias!) === 0 && most(out_proj.bias!) === 0)
      assert.ok(most(bias_k!) > 0)
    })

    it('refuses what does not go together', () => {
      const layer = first()
      const x = random(2, 3, 8)
      const uint8 = (...shape: number[]): Tensor => ones(shape, { dtype: 'uint8' })
      const call = (options: object, k = x, v = k): unknown => layer.forward(x, k, v, options)
      for (const [act, code] of [
        [() => call({}, random(3, 3, 8)), 'ERR_SHAPE'],
        [() => call({}, random(2, 3, 7)), 'ERR_SHAPE'],
        [() => call({}, random(2, 3, 8), random(2, 4, 8)), 'ERR_SHAPE'],
        [() => call({}, random(3, 8)), 'ERR_SHAPE'],
        [() => call({}, randn([2, 3, 8])), 'ERR_DTYPE'],
        [() => call({ attnMask: uint8(2, 3) }), 'ERR_SHAPE'],
        [() => call({ attnMask: uint8(2, 3, 3) }), 'ERR_SHAPE'],
        [() => call({ attnMask: zeros([3, 3]) }), 'ERR_DTYPE'],
        [() => call({ attnMask: 1 }), 'ERR_VALUE'],
        [() => call({ keyPaddingMask: uint8(3, 3) }), 'ERR_SHAPE'],
        [() => call({ keyPaddingMask: uint8(3) }), 'ERR_SHAPE'],
        [() => call({ weights: false }), 'ERR_VALUE'],
        [() => new nn.MultiheadAttention(8, 3), 'ERR_VALUE'],
        [() => new nn.MultiheadAttention(0, 1), 'ERR_VALUE'],
        [() => new nn.MultiheadAttention(8, 2, { kdim: 0.5 }), 'ERR_VALUE'],
      ] as const) {
        assert.throws(act, { code })
      }
    })
  })
})
