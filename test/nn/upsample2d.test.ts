import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  nn,
  ones,
  randn,
  ShapeError,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { gradcheck } from '../support/gradcheck.js'

describe('nn: Upsample', () => {
  eachBackend(() => {
    it('has the gradients of central differences', () => {
      const generator = new Generator(2)
      for (const [options, shape] of [
        [{ scaleFactor: 2 }, [2, 2, 3, 4]],
        [{ size: [4, 7] }, [1, 2, 5, 3]],
        [{ scaleFactor: 2, mode: 'bilinear' }, [1, 2, 3, 4]],
        [{ scaleFactor: [1.7, 0.5], mode: 'bilinear', alignCorners: true }, [1, 2, 4, 5]],
        [{ size: 9, mode: 'linear' }, [2, 2, 5]],
      ] as const) {
        const module = new nn.Upsample(options)
        const input = randn(shape, { generator, dtype: 'float64' })
        const output = module.forward(input)
        gradcheck(module, input, randn(output.shape, { generator, dtype: 'float64' }))
      }
    })

    it('copies along a dimension whose size its scale leaves as it is', () => {
      const generator = new Generator(3)
      for (const [options, shape, along] of [
        [{ scaleFactor: 1.2, mode: 'linear' }, [2, 3, 4], [1, 1]],
        [{ scaleFactor: [2, 1.2], mode: 'bilinear' }, [1, 2, 1, 4], [2, 1]],
        [{ scaleFactor: [1.3, 2], mode: 'bilinear' }, [1, 2, 3, 1], [1, 2]],
      ] as const) {
        for (const dtype of ['float32', 'float64'] as const) {
          const module = new nn.Upsample(options)
          const input = randn(shape, { generator, dtype })
          const copies = [...input.data].flatMap((value) =>
            along[1] === 2 ? [value, value] : [value],
          )
          const width = shape.at(-1)! * along[1]
          const rows = Array.from({ length: copies.length / width }, (_, r) =>
            copies.slice(r * width, (r + 1) * width),
          )
          const wanted = rows.flatMap((row) => (along[0] === 2 ? [...row, ...row] : row))
          expect([...module.forward(input).data]).to.deep.equal(wanted)
          gradcheck(
            new nn.Upsample(options),
            randn(shape, { generator, dtype: 'float64' }),
            randn(module.output!.shape, { generator, dtype: 'float64' }),
          )
        }
      }
    })

    it('takes batches of different sizes, an empty one too, within a container', () => {
      const model = new nn.Sequential(
        new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }),
        new nn.Upsample({ size: 3 }),
      )
      for (const batch of [4, 1, 0, 9]) {
        const input = ones([batch, 2, 5, 6])
        const output = model.forward(input)
        expect(output.shape).to.deep.equal([batch, 2, 3, 3])
        expect(output.data.every((value) => value === 1)).to.equal(true)
        expect(model.backward(input, output).shape).to.deep.equal(input.shape)
      }
    })
  })

  it('prints itself', () => {
    expect(String(new nn.Upsample({ scaleFactor: 2 }))).to.equal(
      'Upsample(scaleFactor=2, mode=nearest)',
    )
    expect(
      String(new nn.Upsample({ size: [4, 6], mode: 'bilinear', alignCorners: true })),
    ).to.equal('Upsample(size=(4, 6), mode=bilinear, alignCorners=true)')
  })

  it('refuses options that do not fit', () => {
    expect(() => new nn.Upsample({})).to.throw(
      ValueError,
      'Upsample: expected options to be either size or scaleFactor, got neither',
    )
    expect(() => new nn.Upsample({ size: 2, scaleFactor: 2 })).to.throw(ValueError, 'got both')
    expect(() => new nn.Upsample({ size: 2, alignCorners: false })).to.throw(
      ValueError,
      'alignCorners',
    )
    for (const size of [0, -1, 2.5, NaN]) {
      expect(() => new nn.Upsample({ size })).to.throw(ValueError, 'size')
    }
    for (const scaleFactor of [0, -1, NaN, Infinity, [2, 0] as const]) {
      expect(() => new nn.Upsample({ scaleFactor })).to.throw(ValueError, 'scaleFactor')
    }
    expect(() => new nn.Upsample({ size: 2, mode: 'cubic' as 'linear' })).to.throw(
      ValueError,
      "mode to be 'nearest', 'linear' or 'bilinear', got 'cubic'",
    )
  })

  it('refuses inputs that do not fit', () => {
    const of = (mode: 'nearest' | 'linear' | 'bilinear') => new nn.Upsample({ size: 2, mode })
    expect(() => of('nearest').forward(ones([4, 4]))).to.throw(
      ShapeError,
      'Upsample(size=2, mode=nearest): expected input to be shape (N, C, H, W) or (N, C, L), got shape (4, 4)',
    )
    expect(() => of('linear').forward(ones([1, 1, 4, 4]))).to.throw(
      ShapeError,
      'expected input to be shape (N, C, L), got',
    )
    expect(() => of('bilinear').forward(ones([1, 4, 4]))).to.throw(ShapeError, '(N, C, H, W), got')
    expect(() => of('nearest').forward(zeros([1, 1, 4, 4], { dtype: 'int32' }))).to.throw(
      DTypeError,
    )
    expect(() => of('nearest').forward(ones([1, 1, 0, 4]))).to.throw(ShapeError, 'at least one')
    expect(() => new nn.Upsample({ scaleFactor: 0.2 }).forward(ones([1, 1, 4, 9]))).to.throw(
      ShapeError,
      'at least one element, got shape (1, 1, 4, 9)',
    )
  })
})
