import { expect } from 'chai'

import { type FloatDType, nn, tensor, ValueError } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

function withGrad(values: number[], dtype: FloatDType = 'float64'): nn.Parameter {
  const parameter = new nn.Parameter(
    tensor(
      values.map(() => 0),
      { dtype },
    ),
  )
  parameter.grad = tensor(values, { dtype })
  return parameter
}

const gradients = (parameters: nn.Parameter[]): number[] =>
  parameters.flatMap(({ grad }) => [...grad!.data])

describe('nn.utils.clipGradNorm_', () => {
  eachBackend(() => {
    it('scales all gradients by maxNorm / (norm + 1e-6)', () => {
      const parameters = [withGrad([2, -1]), withGrad([4, 2])]
      const norm = nn.utils.clipGradNorm_(parameters, 2)
      expect(norm.shape).to.deep.equal([])
      expect(norm.item()).to.equal(5)
      const scale = 2 / 5.000001
      gradients(parameters).forEach((value, i) => {
        const wanted = [2, -1, 4, 2][i]! * scale
        expect(value).to.be.closeTo(wanted, 2 ** -52 * Math.abs(wanted))
      })
    })

    it('leaves gradients of a smaller norm as they are', () => {
      const parameters = [withGrad([0.3, 0.4])]
      nn.utils.clipGradNorm_(parameters, 2)
      expect(gradients(parameters)).to.deep.equal([0.3, 0.4])
    })

    // p-norms of (3, -4, 12), to within the roundings of the powers and the root
    const norms: [number, number][] = [
      [1, 19],
      [2, 13],
      [3, Math.cbrt(27 + 64 + 1728)],
      [0.5, (Math.sqrt(3) + 2 + Math.sqrt(12)) ** 2],
      [Infinity, 12],
    ]
    for (const [normType, wanted] of norms) {
      it(`takes the norm of type ${normType}`, () => {
        const parameters = [withGrad([3, -4]), withGrad([12])]
        const norm = nn.utils.clipGradNorm_(parameters, 1, { normType }).item()
        expect(norm).to.be.closeTo(wanted, 16 * 2 ** -53 * wanted)
        const clipped = 12 / (wanted + 1e-6)
        expect(gradients(parameters)[2]).to.be.closeTo(clipped, 20 * 2 ** -53 * clipped)
      })
    }

    for (const size of [1e200, 1e-200]) {
      for (const normType of [1, 2, 3, 0.5, Infinity]) {
        it(`takes the norm of gradients of ${size}, type ${normType}`, () => {
          const wanted = norms.find(([type]) => type === normType)![1] * size
          const parameters = [withGrad([3 * size, -4 * size]), withGrad([12 * size])]
          const norm = nn.utils.clipGradNorm_(parameters, 1, { normType }).item()
          // Beside the roundings above, a division by the largest and the product with it; and a power
          // is exp(p log g), to 2 p |log g| roundings, which the root divides by p and adds its own to.
          const roundings = 24 + 4 * Math.abs(Math.log(size))
          expect(norm).to.be.closeTo(wanted, roundings * 2 ** -53 * wanted)
          const clipped = 12 * size * Math.min(1, 1 / (wanted + 1e-6))
          const found = gradients(parameters)[2]
          expect(found).to.be.closeTo(clipped, (roundings + 4) * 2 ** -53 * clipped)
        })
      }
    }

    it('counts float32 and float64 gradients together', () => {
      for (const normType of [1, 2, Infinity]) {
        const parameters = [withGrad([3], 'float32'), withGrad([4], 'float64')]
        const norm = nn.utils.clipGradNorm_(parameters, 0, { normType })
        expect(norm.item()).to.equal(normType === 1 ? 7 : normType === 2 ? 5 : 4)
        expect(gradients(parameters)).to.deep.equal([0, 0])
      }
    })

    it('passes over parameters without a gradient, and takes a single one', () => {
      const none = new nn.Parameter(tensor([1]))
      expect(nn.utils.clipGradNorm_([none], 1).item()).to.equal(0)
      expect(nn.utils.clipGradNorm_([none, withGrad([3, 4])], 10).item()).to.equal(5)
      expect(nn.utils.clipGradNorm_(withGrad([-2]), 10).item()).to.equal(2)
    })
  })

  it('refuses a maxNorm or a normType that is none, and clips nothing', () => {
    const parameters = [withGrad([3, 4])]
    const refuse = (maxNorm: number, normType: number, message: string): void => {
      expect(() => nn.utils.clipGradNorm_(parameters, maxNorm, { normType })).to.throw(
        ValueError,
        message,
      )
    }
    refuse(-1, 2, 'expected maxNorm to be a number of at least 0, got -1')
    refuse(NaN, 2, 'got NaN')
    refuse(1, 0, 'expected normType to be positive or Infinity, got 0')
    refuse(1, -2, 'got -2')
    refuse(1, NaN, 'got NaN')
    expect(gradients(parameters)).to.deep.equal([3, 4])
  })
})
