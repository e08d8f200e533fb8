import { expect } from 'chai'

import { autograd, Generator, nn, randn, type Tensor, tensor, zeros } from '../../ts/index.js'
import { suiteTitle } from '../support/backends.js'

const attend = nn.functional.scaledDotProductAttention as (...args: unknown[]) => Tensor

const random = (...shape: number[]): Tensor =>
  randn(shape, { dtype: 'float64', generator: new Generator(shape.length) })

describe(suiteTitle('nn.functional.scaledDotProductAttention'), () => {
  it('what does not go together is refused before anything is drawn', () => {
    const [q, k, v] = [random(2, 4, 3, 8), random(2, 4, 5, 8), random(2, 4, 5, 6)]
    const uint8 = (...shape: number[]) => zeros(shape, { dtype: 'uint8' })
    const bad: readonly [unknown[], code: string, message: RegExp][] = [
      [[q, random(2, 4, 5, 7), v], 'ERR_SHAPE', /\(2, 4, 3, 8\), \(2, 4, 5, 7\), \(2, 4, 5, 6\)/],
      [[q, k, random(2, 4, 4, 6)], 'ERR_SHAPE', /\(2, 4, 5, 8\), \(2, 4, 4, 6\)/],
      [[q, random(3, 4, 5, 8), random(3, 4, 5, 6)], 'ERR_SHAPE', /\(2, 4, 3, 8\), \(3, 4, 5, 8\)/],
      [[random(8), k, v], 'ERR_SHAPE', /\(8\), \(2, 4, 5, 8\)/],
      [[q, random(2, 2, 5, 8), random(2, 2, 5, 6)], 'ERR_SHAPE', /\(2, 4, 3, 8\), \(2, 2, 5, 8\)/],
      [
        [q, random(2, 3, 5, 8), random(2, 3, 5, 6), { enableGqa: true }],
        ...(['ERR_SHAPE', /\(2, 4, 3, 8\), \(2, 3, 5, 8\), \(2, 3, 5, 6\)/] as const),
      ],
      [
        [q, random(2, 2, 5, 8), random(2, 4, 5, 6), { enableGqa: true }],
        ...(['ERR_SHAPE', /\(2, 2, 5, 8\), \(2, 4, 5, 6\)/] as const),
      ],
      [[q, k.to('float32'), v], 'ERR_DTYPE', /k.*float64.*float32/],
      [[q, k, v.to('float32')], 'ERR_DTYPE', /v.*float64.*float32/],
      [[uint8(3, 8), uint8(5, 8), uint8(5, 6)], 'ERR_DTYPE', /uint8/],
      [[q, [1], v], 'ERR_VALUE', /k.*tensor/],
      [[q, k], 'ERR_VALUE', /v/],
      [[q, k, v, { attnMask: [[1]] }], 'ERR_VALUE', /attnMask/],
      [[q, k, v, { attnMask: zeros([3, 5]) }], 'ERR_DTYPE', /attnMask.*uint8 or float64.*float32/],
      [[q, k, v, { attnMask: zeros([3, 5], { dtype: 'int32' }) }], 'ERR_DTYPE', /attnMask.*int32/],
      [[q, k, v, { attnMask: uint8(5, 3) }], 'ERR_SHAPE', /attnMask.*\(2, 4, 3, 5\).*\(5, 3\)/],
      [[q, k, v, { attnMask: uint8(3, 4, 3, 5) }], 'ERR_SHAPE', /attnMask.*\(3, 4, 3, 5\)/],
      [[q, k, v, { attnMask: uint8(1, 2, 4, 3, 5) }], 'ERR_SHAPE', /attnMask.*\(1, 2, 4, 3, 5\)/],
      [[q, k, v, { attnMask: uint8(3, 5), isCausal: true }], 'ERR_VALUE', /isCausal/],
      [[q, k, v, { isCausal: 1 }], 'ERR_VALUE', /isCausal/],
      [[q, k, v, { enableGqa: 'yes' }], 'ERR_VALUE', /enableGqa/],
      ...[-0.1, 1.1, NaN, '0.5'].map(
        (dropoutP) =>
          [[q, k, v, { dropoutP }], 'ERR_VALUE', /dropoutP/] as [unknown[], string, RegExp],
      ),
      ...[NaN, Infinity, '1'].map(
        (scale) => [[q, k, v, { scale }], 'ERR_VALUE', /scale/] as [unknown[], string, RegExp],
      ),
      [[q, k, v, { generator: 3 }], 'ERR_VALUE', /generator/],
      [[q, k, v, { dropout: 0.5 }], 'ERR_VALUE', /dropout/],
      [[q, k, v, {}, 1], 'ERR_VALUE', /argument/],
    ]
    const generator = new Generator(5)
    const before = [...generator.state.data]
    for (const [args, code, message] of bad) {
      const given = args.slice(0, 3)
      const options = args.length > 3 ? (args[3] as object) : {}
      const all = args.length > 4 ? args : [...given, { dropoutP: 0.5, generator, ...options }]
      expect(() => attend(...all), String(message))
        .to.throw(message)
        .with.property('code', code)
    }
    expect([...generator.state.data]).to.deep.equal(before)
  })

  it('a negative scale is a scale', () => {
    const [q, k, v] = [random(3, 4), random(5, 4), random(5, 2)]
    const turned = attend(q.mul(-1), k, v, { scale: 0.5 }).toArray()
    expect(attend(q, k, v, { scale: -0.5 }).toArray()).to.deep.equal(turned)
  })

  it('gradients of some operands are those of all, and what the others need is not kept', () => {
    const operands = () => [random(2, 4, 3, 8), random(2, 2, 5, 8), random(2, 2, 5, 6)] as const
    const options = { enableGqa: true, attnMask: tensor([1, 1, 0, 1, 1], { dtype: 'uint8' }) }
    const all = operands().map((x) => x.requiresGrad_())
    const whole = autograd.grad(attend(...all, options).sum(), all).map((x) => x!.toArray())
    for (let wanted = 1; wanted < 8; wanted++) {
      const some = operands()
      const chosen = some.filter((_, i) => (wanted >> i) % 2 === 1).map((x) => x.requiresGrad_())
      const out = attend(...some, options)
      // For the gradient by v alone neither v nor the result is read again.
      if (wanted === 4) {
        noGradWrite(some[2])
        noGradWrite(out)
      }
      const found = autograd.grad(out.sum(), chosen).map((x) => x!.toArray())
      expect(found).to.deep.equal(whole.filter((_, i) => (wanted >> i) % 2 === 1))
    }
    // of a graph that has all, some
    const again = operands().map((x) => x.requiresGrad_())
    const byK = autograd.grad(attend(...again, options).sum(), [again[1]!])
    expect(byK[0]!.toArray()).to.deep.equal(whole[1])
  })
})

function noGradWrite(x: Tensor): void {
  nn.init.zeros_(x.detach())
}
