import { expect } from 'chai'

import {
  arange,
  nn,
  ShapeError,
  type Tensor,
  tensor,
  transpose,
  ValueError,
  zeros,
} from '../../ts/index.js'

const { convertKernel } = nn.utils
const wrong = (value: unknown): never => value as never

describe('nn.utils.convertKernel', () => {
  it('moves every element to its place', () => {
    for (const dtype of ['float32', 'float64', 'int32', 'uint8'] as const) {
      const kernel = arange(2 * 3 * 4 * 5, { dtype }).reshape([2, 3, 4, 5])
      const result = convertKernel(kernel, { from: 'HWIO', to: 'OIHW' })
      expect(result.shape).to.deep.equal([5, 4, 2, 3])
      expect(result.dtype).to.equal(dtype)
      const at = ({ data, shape }: Tensor, ...index: number[]): number =>
        data[index.reduce((place, i, dim) => place * shape[dim]! + i, 0)]!
      for (let h = 0; h < 2; h++) {
        for (let w = 0; w < 3; w++) {
          for (let i = 0; i < 4; i++) {
            for (let o = 0; o < 5; o++) {
              expect(at(result, o, i, h, w)).to.equal(at(kernel, h, w, i, o))
            }
          }
        }
      }
      const back = convertKernel(result, { from: 'OIHW', to: 'HWIO' })
      expect(back.toArray()).to.deep.equal(kernel.toArray())
    }
  })

  it('is a transpose for a dense layer, and a copy for one and the same layout', () => {
    const weight = arange(6).reshape([2, 3])
    const dense = convertKernel(weight, { from: 'IO', to: 'OI' })
    expect(dense.toArray()).to.deep.equal(transpose(weight, 0, 1).toArray())
    const same = convertKernel(weight, { from: 'IO', to: 'IO' })
    expect(same.toArray()).to.deep.equal(weight.toArray())
    expect(same.buffer).not.to.equal(weight.buffer)
  })

  it('takes views, scalars and nothing', () => {
    const view = arange(24).reshape([4, 3, 2]).narrow(0, 1, 2)
    const turned = convertKernel(view, { from: 'WIO', to: 'OIW' })
    expect(turned.toArray()).to.deep.equal([[[6, 12], [8, 14], [10, 16]], [[7, 13], [9, 15], [11, 17]]]) // prettier-ignore
    expect(convertKernel(tensor(3), { from: '', to: '' }).item()).to.equal(3)
    expect(convertKernel(zeros([0, 2]), { from: 'IO', to: 'OI' }).shape).to.deep.equal([2, 0])
  })

  it('refuses layouts that make no sense', () => {
    const kernel = zeros([1, 2, 3])
    for (const [from, to, message] of [
      ['WII', 'IIW', 'from to be letters that occur once each'],
      ['WIO', 'OI', "to to be the letters of 'WIO' in some order, got 'OI'"],
      ['WIO', 'OII', "got 'OII'"],
      ['WIO', 'OIH', "got 'OIH'"],
    ] as const) {
      expect(() => convertKernel(kernel, { from, to })).to.throw(ValueError, message)
    }
    expect(() => convertKernel(kernel, { from: 'HWIO', to: 'OIHW' })).to.throw(
      ShapeError,
      "convertKernel: expected the kernel to be of 4 dimensions, as 'HWIO' has, got shape (1, 2, 3)",
    )
    expect(() => convertKernel(wrong([1]), { from: 'I', to: 'I' })).to.throw(ValueError, 'a Tensor')
  })
})
