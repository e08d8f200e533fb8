import assert from 'node:assert/strict'

import {
  capture,
  CaptureError,
  nn,
  noGrad,
  optim,
  randn,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const [N, T, E] = [2, 7, 8]

const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' })

const attention = (options: nn.MultiheadAttentionOptions = {}): nn.MultiheadAttention =>
  new nn.MultiheadAttention(E, 2, { batchFirst: true, dtype: 'float64', ...options })

function assertClose(a: Tensor, b: Tensor): void {
  assert.deepEqual(a.shape, b.shape)
  // Some ten sums of eight products of numbers around 1, in another order.
  a.data.forEach((value, i) => {
    assert.ok(Math.abs(value - b.data[i]!) < 1e-13, `element ${i}`)
  })
}

/** Steps of these lengths, from the first on. */
function parts(x: Tensor, dim: number, ...lengths: number[]): Tensor[] {
  let start = 0
  return lengths.map((length) => x.narrow(dim, (start += length) - length, length))
}

describe('KeyValueCache', () => {
  eachBackend(() => {
    it('gives a causal sequence in parts what it gives as a whole', () => {
      for (const batchFirst of [true, false]) {
        const layer = attention({ batchFirst })
        const dim = batchFirst ? 1 : 0
        const x = batchFirst ? random(N, T, E) : random(T, N, E)
        for (const needWeights of [false, true]) {
          const whole = layer.forward(x, x, x, { isCausal: true, needWeights })
          const cache = new nn.KeyValueCache(T)
          const outputs = parts(x, dim, 3, 1, 2, 1).map((part, i) => {
            assert.equal(cache.length, [0, 3, 4, 6][i])
            const call = { isCausal: true, needWeights, cache }
            const { output, weights } = noGrad(() => layer.forward(part, part, part, call))
            if (needWeights) assert.deepEqual(weights!.shape, [N, part.shape[dim], cache.length])
            return output
          })
          const expected = parts(whole.output, dim, 3, 1, 2, 1)
          outputs.forEach((output, i) => {
            assertClose(output, expected[i]!)
          })
          assert.deepEqual([cache.length, cache.batch], [T, N])
        }
      }
    })

    it('keeps values of their own, projections apart, one sequence alone', () => {
      const layer = attention({ vdim: 3 })
      const [x, v] = [random(T, E), random(T, 3)]
      const whole = layer.forward(x, x, v, { isCausal: true, needWeights: false }).output
      const cache = new nn.KeyValueCache(T + 1)
      const values = parts(v, 0, 4, 3)
      const outputs = parts(x, 0, 4, 3).map((part, i) => {
        const call = { isCausal: true, needWeights: false, cache }
        return noGrad(() => layer.forward(part, part, values[i]!, call).output)
      })
      outputs.forEach((output, i) => {
        assertClose(output, parts(whole, 0, 4, 3)[i]!)
      })
    })

    it('takes masks of all keys', () => {
      const layer = attention()
      const x = random(N, T, E)
      const keyPaddingMask = tensor([[1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]], { dtype: 'uint8' }) // prettier-ignore
      for (const needWeights of [false, true]) {
        const call = { isCausal: true, needWeights }
        const whole = layer.forward(x, x, x, { ...call, keyPaddingMask }).output
        const cache = new nn.KeyValueCache(T)
        parts(x, 1, 5, 2).forEach((part, i) => {
          const mask = keyPaddingMask.narrow(1, 0, [5, 7][i]!).clone()
          const { output } = noGrad(() =>
            layer.forward(part, part, part, { ...call, cache, keyPaddingMask: mask }),
          )
          assertClose(output, parts(whole, 1, 5, 2)[i]!)
        })
      }
    })

    it('projects a memory once', () => {
      for (const options of [{}, { kdim: 5, vdim: 5 }, { batchFirst: false }]) {
        const layer = attention(options)
        const memory = options.batchFirst === false ? random(4, N, E) : random(N, 4, layer.kdim)
        const x = options.batchFirst === false ? random(T, N, E) : random(N, T, E)
        const dim = options.batchFirst === false ? 0 : 1
        for (const needWeights of [false, true]) {
          const whole = layer.forward(x, memory, memory, { needWeights }).output
          const cache = new nn.KeyValueCache(1)
          const run = (part: Tensor): Tensor =>
            noGrad(() => layer.forward(part, memory, memory, { needWeights, cache }).output)
          const [first, second] = parts(x, dim, 3, 4)
          assertClose(run(first!), parts(whole, dim, 3, 4)[0]!)
          // Written beside the library, which does not see it: another projection would have other numbers.
          const weight = layer.in_proj_weight?.narrow(0, E, E) ?? layer.k_proj_weight!
          weight.data.fill(0)
          assertClose(run(second!), parts(whole, dim, 3, 4)[1]!)
          assert.equal(cache.length, 0)
          layer.resetParameters()
        }
      }
    })

    it('begins again, and goes back', () => {
      const layer = attention()
      const x = random(N, T, E)
      const cache = new nn.KeyValueCache(T)
      const run = (part: Tensor): Tensor =>
        noGrad(() => layer.forward(part, part, part, { isCausal: true, cache }).output)
      const whole = run(x)
      cache.truncate(2)
      assert.equal(cache.length, 2)
      assertClose(run(x.narrow(1, 2, 5)), whole.narrow(1, 2, 5))
      cache.reset()
      assert.deepEqual([cache.length, cache.batch], [0, null])
      const one = random(1, 3, E)
      assertClose(run(one), layer.forward(one, one, one, { isCausal: true }).output)
    })

    it('serves another model after reset', () => {
      const x = random(N, T, E)
      const cache = new nn.KeyValueCache(T)
      const run = (of: nn.MultiheadAttention, part: Tensor): Tensor =>
        noGrad(() => of.forward(part, part, part, { isCausal: true, cache }).output)
      run(attention(), x)
      cache.reset()
      const other = attention()
      const first = run(other, x.narrow(1, 0, 3))
      assert.equal(cache.length, 3)
      cache.truncate(3)
      const rest = run(other, x.narrow(1, 3, 4))
      const whole = other.forward(x, x, x, { isCausal: true }).output
      assertClose(first, whole.narrow(1, 0, 3))
      assertClose(rest, whole.narrow(1, 3, 4))
      assert.equal(cache.length, T)
    })

    it('refuses keys of weights that a step of training has changed', async () => {
      for (const options of [{}, { kdim: 4, vdim: 4 }]) {
        const layer = attention(options)
        const x = random(N, 2, E)
        const keys = 'kdim' in options ? random(N, 3, 4) : x
        const cache = new nn.KeyValueCache(8)
        const run = (): Tensor => noGrad(() => layer.forward(x, keys, keys, { cache }).output)
        const optimizer = new optim.SGD(layer.parameters(), { lr: 0.1 })
        const train = capture(() => {
          optimizer.zeroGrad()
          sum(layer.forward(x, keys, keys).output).backward()
          optimizer.step()
        })
        await train.run()
        run()
        run()
        const { length } = cache
        await train.run()
        assert.throws(run, /the weights.*changed ones; reset\(\) the cache/)
        assert.equal(cache.length, length)
        cache.reset()
        assertClose(run(), layer.forward(x, keys, keys).output)
      }
    })

    it('refuses what it cannot keep, before anything changes', () => {
      const layer = attention()
      const x = random(N, 3, E)
      const cache = new nn.KeyValueCache(4)
      const forward = (x: Tensor, more: object = {}, of = layer): unknown =>
        noGrad(() => of.forward(x, x, x, { cache, ...more }))
      const cases: [() => unknown, new (message: string) => Error, RegExp][] = [
        [() => layer.forward(x, x, x, { cache }), ValueError, /noGrad/],
        [
          () => forward(random(N, 5, E)),
          ShapeError,
          /at most 4 tokens, its maxLength, got 0 and 5/,
        ],
        [() => forward(x, {}, attention({ addZeroAttn: true })), ValueError, /addZeroAttn/],
        [() => forward(x, {}, attention({ addBiasKv: true })), ValueError, /addBiasKv/],
        [() => forward(x, { keyPaddingMask: tensor([[1]]) }), Error, /keyPaddingMask/],
        [() => forward(x, { cache: 256 }), ValueError, /new nn\.KeyValueCache\(256\)/],
        [
          () => noGrad(() => layer.forward(x, x.clone(), x.clone(), { cache, isCausal: true })),
          ValueError,
          /isCausal to be false.*give attnMask/,
        ],
      ]
      for (const [call, error, message] of cases) {
        assert.throws(call, (thrown: Error) => thrown instanceof error && message.test(thrown.message)) // prettier-ignore
        assert.deepEqual([cache.length, cache.batch], [0, null])
      }
      forward(x)
      const later: [() => unknown, new (message: string) => Error, RegExp][] = [
        [() => forward(random(N, 2, E)), ShapeError, /got 3 and 2 more/],
        [() => forward(random(1, 1, E)), ShapeError, /the batch.*2.*reset/],
        [() => forward(random(N, 2, E), {}, attention()), ValueError, /0 of 3/],
        [
          () => {
            cache.truncate(4)
          },
          ValueError,
          /from 0 to 3/,
        ],
        [
          () => {
            cache.truncate(-1)
          },
          ValueError,
          /from 0 to 3/,
        ],
        [() => new nn.KeyValueCache(0), ValueError, /maxLength/],
        [() => new nn.KeyValueCache(undefined as never), ValueError, /maxLength/],
      ]
      for (const [call, error, message] of later) {
        assert.throws(call, (thrown: Error) => thrown instanceof error && message.test(thrown.message)) // prettier-ignore
        assert.deepEqual([cache.length, cache.batch], [3, N])
      }
      const step = ({ x }: { x: Tensor }): Tensor =>
        noGrad(() => layer.forward(x, x, x, { cache }).output)
      assert.throws(() => capture(step, { inputs: { x: random(N, 1, E) } }), CaptureError)
      assert.equal(cache.length, 3)
    })

    it('notices another memory, and a pass that did not reach all', () => {
      const [first, second] = [attention(), attention()]
      const [x, memory] = [random(N, 2, E), random(N, 3, E)]
      const cache = new nn.KeyValueCache(8)
      const run = (of: nn.MultiheadAttention, x: Tensor, k = x): unknown =>
        noGrad(() => of.forward(x, k, k, { cache }))
      run(first, x)
      assert.equal(cache.length, 2)
      run(second, x)
      run(first, x)
      assert.equal(cache.length, 2)
      assert.throws(() => run(first, x), /2 of 4|4 of 4/)
      cache.truncate(2)
      run(first, x)
      run(second, x)
      assert.equal(cache.length, 4)
      const crossing = attention()
      run(crossing, x, memory)
      assert.throws(
        () => run(crossing, x, memory.clone()),
        /reset\(\) the cache for another memory/,
      )
      nn.init.zeros_(memory)
      assert.throws(() => run(crossing, x, memory), /reset\(\) the cache for another memory/)
      cache.reset()
      run(crossing, x, memory)
    })
  })
})
