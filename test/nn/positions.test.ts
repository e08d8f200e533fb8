// Modules that tell positions, against formulas; the function's cases are in functions/functional.json.
import assert from 'node:assert/strict'

import { capture, cat, gradcheck, nn, randn, type Tensor, zeros } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const float64 = { dtype: 'float64' } as const
const random = (...shape: number[]): Tensor => randn(shape, float64)
const numbers = (x: Tensor): number[] => [...x.data]

describe('PositionalEncoding', () => {
  eachBackend(() => {
    it('adds sines in even columns and cosines in odd ones', () => {
      for (const dModel of [1, 4, 5]) {
        const y = new nn.PositionalEncoding(dModel).forward(zeros([3, dModel], float64))
        for (let t = 0; t < 3; t++) {
          for (let i = 0; i < dModel; i++) {
            const angle = t / 10_000 ** ((i - (i % 2)) / dModel)
            const expected = i % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
            assert.ok(Math.abs(y.data[t * dModel + i]! - expected) < 1e-15)
          }
        }
      }
    })

    it('takes all layouts, and goes on from an offset', () => {
      const x = random(2, 5, 4)
      const first = new nn.PositionalEncoding(4, { batchFirst: true })
      const whole = first.forward(x)
      assert.deepEqual(first.forward(x.select(0, 1)).toArray(), whole.select(0, 1).toArray())
      const second = new nn.PositionalEncoding(4).forward(x.transpose(0, 1)).transpose(0, 1)
      assert.deepEqual(second.toArray(), whole.toArray())
      const parts = [0, 2, 4].map((offset) =>
        first.forward(x.narrow(1, offset, offset === 4 ? 1 : 2), { offset }),
      )
      assert.deepEqual(cat(parts, 1).toArray(), whole.toArray())
    })

    it('drops in training only, and its gradient is that of the sum', () => {
      const positions = new nn.PositionalEncoding(4, { dropout: 0.5 })
      const x = random(3, 2, 4)
      assert.ok(numbers(positions.forward(x)).includes(0))
      assert.ok(!numbers(positions.eval().forward(x)).includes(0))
      gradcheck((input) => positions.forward(input), [x.requiresGrad_()])
    })
  })

  it('refuses what does not fit', () => {
    const positions = new nn.PositionalEncoding(4, { maxLength: 3 })
    for (const [act, code] of [
      [() => positions.forward(random(4, 1, 4)), 'ERR_SHAPE'],
      [() => positions.forward(random(2, 1, 4), { offset: 2 }), 'ERR_SHAPE'],
      [() => positions.forward(random(2, 1, 5)), 'ERR_SHAPE'],
      [() => positions.forward(random(4)), 'ERR_SHAPE'],
      [() => positions.forward(zeros([2, 4], { dtype: 'int32' })), 'ERR_DTYPE'],
      [() => positions.forward(random(2, 1, 4), { offset: -1 }), 'ERR_VALUE'],
      [() => new nn.PositionalEncoding(0), 'ERR_VALUE'],
      [() => new nn.PositionalEncoding(4, { maxLength: 0 }), 'ERR_VALUE'],
    ] as const) {
      assert.throws(act, { code })
    }
  })
})

describe('RotaryEmbedding', () => {
  eachBackend(() => {
    it('gives what the function gives, from any offset', () => {
      for (const interleaved of [false, true]) {
        const options = { base: 100, interleaved }
        const rotary = new nn.RotaryEmbedding(6, options)
        const x = random(2, 3, 5, 6)
        for (const offset of [0, 7]) {
          const expected = nn.functional.rotary(x, { ...options, offset })
          assert.deepEqual(numbers(rotary.forward(x, { offset })), numbers(expected))
        }
      }
    })

    it('makes products depend on how far rows are apart, and keeps their lengths', () => {
      const rotary = new nn.RotaryEmbedding(8)
      const [q, k] = [random(1, 8), random(1, 8)]
      const product = (a: number, b: number): number =>
        rotary
          .forward(q, { offset: a })
          .mul(rotary.forward(k, { offset: b }))
          .sum()
          .item()
      assert.ok(Math.abs(product(9, 4) - product(25, 20)) < 1e-13)
      assert.ok(Math.abs(product(9, 4) - product(9, 5)) > 1e-6)
      const norm = (x: Tensor): number => x.square().sum().item()
      assert.ok(Math.abs(norm(rotary.forward(q, { offset: 50 })) - norm(q)) < 1e-13)
    })

    it('stands in captured steps, with its gradient, to the same bits', () => {
      const rotary = new nn.RotaryEmbedding(4)
      const x = randn([2, 3, 4])
      const step = (inputs: { x: Tensor }): Tensor => {
        const leaf = inputs.x.clone().requiresGrad_()
        rotary.forward(leaf).square().mul(inputs.x).sum().backward()
        return leaf.grad!
      }
      const captured = capture(step, { inputs: { x } }).runSync({ x })
      assert.deepEqual(numbers(captured), numbers(step({ x })))
    })
  })

  it('refuses what does not fit', () => {
    const rotary = new nn.RotaryEmbedding(4, { maxLength: 3 })
    for (const [act, code] of [
      [() => rotary.forward(random(4, 4)), 'ERR_SHAPE'],
      [() => rotary.forward(random(1, 4), { offset: 3 }), 'ERR_SHAPE'],
      [() => rotary.forward(random(1, 6)), 'ERR_SHAPE'],
      [() => rotary.forward(random(4)), 'ERR_SHAPE'],
      [() => nn.functional.rotary(random(2, 3)), 'ERR_SHAPE'],
      [() => nn.functional.rotary(random(2, 4), { base: 0 }), 'ERR_VALUE'],
      [() => nn.functional.rotary(zeros([2, 4], { dtype: 'int32' })), 'ERR_DTYPE'],
      [() => new nn.RotaryEmbedding(3), 'ERR_VALUE'],
    ] as const) {
      assert.throws(act, { code })
    }
  })
})
