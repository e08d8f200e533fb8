import { expect } from 'chai'

import { capture, einsum, mul, sum, type Tensor, tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const SIZES: Readonly<Record<string, number>> = { a: 2, b: 3, c: 4, d: 5, e: 1, f: 2 }

const count = (labels: string): number =>
  Array.from(labels).reduce((product, label) => product * SIZES[label]!, 1)

/** Whole numbers, so that sums are exact. */
function numbers(labels: string, seed: number): Tensor {
  const values = Float64Array.from({ length: count(labels) }, (_, i) => ((i * 7 + seed) % 11) - 5)
  return tensor(values).reshape(Array.from(labels).map((label) => SIZES[label]!))
}

/** With 0 for -0. */
const numbersOf = ({ data }: Tensor): number[] => Array.from(data, (value) => value + 0)

/** The sum of products place by place. */
function expected(left: string, x: Tensor, right: string, y: Tensor, result: string): number[] {
  const labels = [...new Set(left + right)]
  const out = Array<number>(count(result)).fill(0)
  const placeIn = (of: string, at: Readonly<Record<string, number>>): number =>
    Array.from(of).reduce((place, label) => place * SIZES[label]! + at[label]!, 0)
  for (let i = 0; i < count(labels.join('')); i++) {
    const at: Record<string, number> = {}
    let rest = i
    for (const label of labels) {
      at[label] = rest % SIZES[label]!
      rest = Math.floor(rest / SIZES[label]!)
    }
    out[placeIn(result, at)]! += x.data[placeIn(left, at)]! * y.data[placeIn(right, at)]!
  }
  return out
}

/** Those that the kernel computes on memory as it lies, and their gradients too. */
const inPlace = [
  'ab,bc->ac',
  'ab,cb->ac',
  'ba,bc->ac',
  'ab,bc->ca',
  'fab,fbc->fac',
  // Attention: heads beside features, weights by head.
  'abfd,acfd->afbc',
  'afbc,acfd->abfd',
  // One right factor a head.
  'abfd,fdc->abfc',
  'abc,abc->',
  'abc,bc->a',
  'a,b->ab',
  'ae,eb->ab',
]

/** Batches without an even step, sums over dimensions that lie apart, elementwise products. */
const others = [
  'abcd,cbaf->abcdf',
  'abc,dba->cd',
  'bad,cdfa->bcf',
  'abc,ba->cab',
  'ab,bac->abc',
  'ab,ba->ab',
]

describe('einsum', () => {
  eachBackend(() => {
    for (const equation of [...inPlace, ...others]) {
      const [left, right, result] = equation.split(/,|->/) as [string, string, string]

      it(`${equation}: values and gradients`, () => {
        const [x, y, seed] = [numbers(left, 1), numbers(right, 2), numbers(result, 3)]
        x.requiresGrad_()
        y.requiresGrad_()
        const out = einsum(equation, x, y)
        expect(out.shape).to.deep.equal(seed.shape)
        expect(numbersOf(out)).to.deep.equal(expected(left, x, right, y, result))
        sum(mul(out, seed)).backward()
        expect(numbersOf(x.grad!)).to.deep.equal(expected(result, seed, right, y, left))
        expect(numbersOf(y.grad!)).to.deep.equal(expected(left, x, result, seed, right))
      })

      if (!inPlace.includes(equation)) continue
      it(`${equation}: no copies in another order`, () => {
        const [x, y, seed] = [numbers(left, 1), numbers(right, 2), numbers(result, 3)]
        x.requiresGrad_()
        y.requiresGrad_()
        const step = capture(() => {
          x.grad = null
          y.grad = null
          einsum(equation, x, y).backward(seed)
        })
        const [, run = ''] = step.describe().split(/^run: .*$/m)
        expect(run)
          .to.match(/matmul/i)
          .and.not.include('copyStrided')
      })
    }
  })
})
