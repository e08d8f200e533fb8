import { expect } from 'chai'

import { type DType, type Elements, fromTypedArray, nn, tensor, zeros } from '../../ts/index.js'

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8']

// The type checker is the test: TypeScript cannot call these on a plain union of typed arrays.
describe('tensor.data, whatever the dtype', () => {
  for (const dtype of dtypes) {
    it(`has the methods of a typed array: ${dtype}`, () => {
      const { data } = tensor([3, 1, 2], { dtype })
      const sum: number = data.reduce((a, b) => a + b)
      expect(sum).to.equal(6)
      expect(data.reduce((a, b) => a + b, 1)).to.equal(7)
      expect(data.reduce((most, value) => Math.max(most, value), -Infinity)).to.equal(3)
      expect(data.reduceRight((a, b) => 10 * a + b, 0)).to.equal(213)
      expect(data.reduce<number[]>((list, value) => [...list, value], [])).to.deep.equal([3, 1, 2])
      const counts = data.reduce(
        (map, v) => map.set(v, (map.get(v) ?? 0) + 1),
        new Map<number, number>(),
      )
      expect(counts.size).to.equal(3)
      expect(data.findLast((value) => value > 1)).to.equal(2)
      const squares = data.map((value) => value ** 2)
      expect(squares.reduce((a, b) => a + b)).to.equal(14)
      expect(squares.constructor).to.equal(data.constructor)
      expect(data.filter((value) => value > 1).reduce((a, b) => a + b)).to.equal(5)
      expect(data.slice(1).reduce((a, b) => a + b)).to.equal(3)
      expect(
        data
          .subarray(1)
          .fill(5)
          .reduce((a, b) => a + b),
      ).to.equal(10)
      expect(data.toSorted((a, b) => b - a).reduce((a, b) => 10 * a + b)).to.equal(553)
      expect(
        data
          .with(0, 4)
          .toReversed()
          .reduce((a, b) => 10 * a + b),
      ).to.equal(554)
      expect(
        data
          .sort()
          .reverse()
          .copyWithin(0, 2)
          .reduce((a, b) => a + b),
      ).to.equal(11)
      expect([Math.max(...data), Array.from(data, Math.abs).length]).to.deep.equal([5, 3])
    })
  }

  it('is a typed array to all that takes one', () => {
    const { data } = zeros([2])
    const copy: Elements = fromTypedArray(data).data
    expect(copy.buffer).to.equal(data.buffer)
    expect(tensor([data, data]).shape).to.deep.equal([2, 2])
    const floats: Float32Array = data as Float32Array
    floats.set(new nn.Linear(1, 2).weight.data)
    expect(new Float64Array(data)).to.have.length(2)
  })
})
