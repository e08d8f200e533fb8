import { expect } from 'chai'

import {
  add,
  cat,
  div,
  exp,
  logSoftmax,
  matmul,
  mean,
  mul,
  noGrad,
  randn,
  sub,
  softmax,
  split,
  sum,
  tanh,
  type Tensor,
  tensor,
  transpose,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
const leaf = (values: number | number[] | number[][]): Tensor => tensor(values, f64).requiresGrad_()

/** Central differences of a scalar function by each element of a leaf. */
function differences(of: () => Tensor, x: Tensor): number[] {
  const h = 1e-6
  return Array.from(x.data, (value, i) => {
    x.data[i] = value + h
    const above = noGrad(of).item()
    x.data[i] = value - h
    const below = noGrad(of).item()
    x.data[i] = value
    return (above - below) / (2 * h)
  })
}

describe('loss.backward()', () => {
  eachBackend(() => {
    it('has the gradients of central differences, broadcast or not', () => {
      const [a, b, w] = [[3, 4], [4], [4, 2]].map((shape) => randn(shape, f64).requiresGrad_())
      const loss = (): Tensor => mean(tanh(matmul(div(mul(a!, b!), add(exp(b!), 1)), sub(w!, 0.5))))
      loss().backward()
      for (const x of [a!, b!, w!]) {
        const expected = differences(loss, x)
        Array.from(x.grad!.data).forEach((got, i) => {
          expect(got).to.be.closeTo(expected[i]!, 1e-8)
        })
      }
    })

    it('adds up what an operand gets twice, and shares no memory between gradients', () => {
      const x = leaf([1, 2])
      const y = leaf([3, 4])
      sum(add(add(x, x), y)).backward()
      expect([x.grad!.toArray(), y.grad!.toArray()]).to.deep.equal([
        [2, 2],
        [1, 1],
      ])
      expect(x.grad!.buffer).not.to.equal(y.grad!.buffer)
      sum(mul(x, y)).backward()
      expect(x.grad!.toArray()).to.deep.equal([5, 6])
    })

    it('runs a shared subexpression once: 2^30 ways', () => {
      const x = leaf(1)
      let y: Tensor = x
      for (let i = 0; i < 30; i++) y = add(y, y)
      y.backward()
      expect(x.grad!.item()).to.equal(2 ** 30)
    })

    it('goes through parts, joins, views and softmax', () => {
      const x = randn([3, 4], f64).requiresGrad_()
      const loss = (): Tensor => {
        const [a, , c] = split(x, [1, 1, 2], 1)
        const joined = cat(
          [
            a!,
            transpose(x.narrow(0, 1, 2), 0, 1)
              .reshape([2, 4])
              .narrow(0, 0, 1)
              .reshape([1, 4])
              .reshape([4, 1])
              .narrow(0, 1, 3),
            c!,
          ],
          1,
        )
        return sum(
          mul(
            softmax(joined),
            add(logSoftmax(joined, 0), x.select(0, 2).to('float32').to('float64').clone()),
          ),
        )
      }
      loss().backward()
      const expected = differences(loss, x)
      // float32 on the way of one row rounds what the differences see
      Array.from(x.grad!.data.slice(0, 8)).forEach((got, i) => {
        expect(got).to.be.closeTo(expected[i]!, 1e-8)
      })
    })

    it('frees what it saved, and says so to a second pass', () => {
      const x = leaf([1, 2])
      const y = sum(mul(x, x))
      y.backward(null, { retainGraph: true })
      y.backward()
      expect(x.grad!.toArray()).to.deep.equal([4, 8])
      expect(() => {
        y.backward()
      }).to.throw(ValueError, 'retainGraph')
      expect(x.grad!.toArray()).to.deep.equal([4, 8])
    })

    it('refuses what has no history or is no number, and results that shall require none', () => {
      const x = leaf([1, 2])
      const y = mul(x, 2)
      const run = (t: Tensor) => () => {
        t.backward()
      }
      expect(run(tensor([1], f64))).to.throw(ValueError, 'without history')
      expect(run(noGrad(() => sum(mul(x, 2))))).to.throw(ValueError, 'without history')
      expect(run(y.detach())).to.throw(ValueError, 'without history')
      expect(run(y)).to.throw(ValueError, 'one number')
      expect(() => (y.requiresGrad = false)).to.throw(ValueError, 'detach()')
      expect([x.isLeaf, y.isLeaf, y.requiresGrad, y.grad]).to.deep.equal([true, false, true, null])
    })

    it('calls hooks with whole gradients and keeps those of results on request', () => {
      const x = leaf([1, 2])
      const h = mul(x, x)
      h.retainGrad()
      const seen: unknown[] = []
      h.registerHook((grad) => {
        seen.push(grad.toArray())
        return mul(grad, 10)
      })
      sum(add(h, h)).backward()
      expect(seen).to.deep.equal([[2, 2]])
      expect(h.grad!.toArray()).to.deep.equal([20, 20])
      expect(x.grad!.toArray()).to.deep.equal([40, 80])
    })
  })

  it('goes through 100,000 operations', () => {
    const x = leaf(0)
    let y: Tensor = x
    for (let i = 0; i < 100_000; i++) y = add(y, 1)
    y.backward()
    expect(x.grad!.item()).to.equal(1)
  })

  it('noGrad nests, comes back after an error and takes no async function', () => {
    const x = leaf(1)
    expect(() =>
      noGrad(() => {
        throw new Error('inside')
      }),
    ).to.throw('inside')
    expect(mul(x, 2).requiresGrad).to.equal(true)
    expect(() => noGrad(async () => Promise.resolve(1))).to.throw(ValueError, 'async')
  })
})
