import { expect } from 'chai'

import {
  DTypeError,
  full,
  Generator,
  nn,
  ones,
  randn,
  ShapeError,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { gradcheck } from '../support/gradcheck.js'

describe('nn: poolings', () => {
  eachBackend(() => {
    it('have the gradients of central differences', () => {
      const generator = new Generator(2)
      for (const [module, shape] of [
        [new nn.MaxPool2d(2), [2, 3, 4, 6]],
        [new nn.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }), [2, 6, 5]],
        [new nn.MaxPool2d([2, 3], { stride: 1, dilation: 2 }), [1, 2, 6, 7]],
        [new nn.AvgPool2d(2), [2, 3, 5, 6]],
        [new nn.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }), [2, 6, 5]],
        [new nn.AvgPool2d([2, 3], { stride: 1, divisorOverride: 2.5 }), [1, 2, 6, 7]],
        [new nn.AdaptiveAvgPool2d(1), [2, 3, 5, 6]],
        [new nn.AdaptiveAvgPool2d([2, 4]), [2, 5, 6]],
        [new nn.MaxPool1d(2), [2, 3, 9]],
        [new nn.MaxPool1d(3, { stride: 2, padding: 1, ceilMode: true }), [2, 8]],
        [new nn.AvgPool1d(3, { stride: 2, padding: 1, countIncludePad: false }), [2, 3, 8]],
        [new nn.AdaptiveAvgPool1d(4), [2, 3, 6]],
      ] as const) {
        const input = randn(shape, { generator, dtype: 'float64' })
        const output = module.forward(input)
        gradcheck(module, input, randn(output.shape, { generator, dtype: 'float64' }))
      }
    })

    it('with ceilMode have a window over inputs that are smaller than it', () => {
      for (const dtype of ['float32', 'float64'] as const) {
        const image = tensor([[[1, 5], [4, 2]]], { dtype }) // prettier-ignore
        for (const [module, wanted] of [
          [new nn.MaxPool2d(3, { ceilMode: true }), 5],
          [new nn.AvgPool2d(3, { ceilMode: true }), 3],
        ] as const) {
          const output = module.forward(image)
          expect(output.shape).to.deep.equal([1, 1, 1])
          expect(output.item()).to.equal(wanted)
          expect(module.backward(image, output).shape).to.deep.equal(image.shape)
        }
      }
      // floor((2 - 3 - 1 + (2 - 1)) / 2) + 1 = 0 windows
      const tooLarge = new nn.MaxPool2d(4, { stride: 2, ceilMode: true })
      expect(() => tooLarge.forward(ones([1, 2, 2]))).to.throw(ShapeError)
    })

    it('average large images to the last digits', () => {
      // Roundings of equal numbers go in one direction.
      const image = full([1, 512, 512], 0.1)
      const exact = Math.fround(0.1)
      for (const module of [new nn.AdaptiveAvgPool2d(1), new nn.AvgPool2d(512)]) {
        // A lane of the narrowest vectors adds up 64 numbers of a block; blocks are added in double.
        expect(module.forward(image).item()).to.be.closeTo(exact, 70 * 2 ** -24 * exact)
      }
    })

    it('take batches of different sizes, an empty one too', () => {
      for (const module of [
        new nn.MaxPool2d(2),
        new nn.AvgPool2d(3, { stride: 1 }),
        new nn.AdaptiveAvgPool2d(3),
      ]) {
        for (const batch of [4, 1, 0, 9]) {
          const input = ones([batch, 2, 6, 6])
          const output = module.forward(input)
          expect(output.shape.slice(0, 2)).to.deep.equal([batch, 2])
          expect(output.data.every((value) => value === 1)).to.equal(true)
          expect(module.backward(input, output.clone()).shape).to.deep.equal(input.shape)
        }
      }
    })

    it('of sequences are those of images of one row', () => {
      const input = randn([3, 2, 21], { generator: new Generator(6) })
      const image = input.reshape([3, 2, 1, 21])
      for (const [sequences, images] of [
        [
          new nn.MaxPool1d(3, { stride: 2, padding: 1, dilation: 2 }),
          new nn.MaxPool2d([1, 3], { stride: [1, 2], padding: [0, 1], dilation: [1, 2] }),
        ],
        [
          new nn.AvgPool1d(4, { padding: 2, ceilMode: true }),
          new nn.AvgPool2d([1, 4], { padding: [0, 2], ceilMode: true }),
        ],
        [new nn.AdaptiveAvgPool1d(5), new nn.AdaptiveAvgPool2d([1, 5])],
      ] as const) {
        const [short, long] = [sequences.forward(input), images.forward(image)]
        expect(short.shape).to.deep.equal([3, 2, long.shape[3]])
        expect(Array.from(short.data)).to.deep.equal(Array.from(long.data))
        const grad = randn(short.shape, { generator: new Generator(7) })
        expect(Array.from(sequences.backward(input, grad).data)).to.deep.equal(
          Array.from(images.backward(image, grad.reshape(long.shape)).data),
        )
      }
    })

    it('a NaN is the largest, and its window alone has it', () => {
      const input = zeros([1, 4, 6])
      input.data[8] = NaN
      const module = new nn.MaxPool2d(2)
      expect(Array.from(module.forward(input).data)).to.deep.equal([0, NaN, 0, 0, 0, 0])
      expect(module.indices!.data[1]).to.equal(8)
    })

    it('work within a container', () => {
      const model = new nn.Sequential(
        new nn.MaxPool2d(2),
        new nn.ReLU(),
        new nn.AvgPool2d(2),
        new nn.AdaptiveAvgPool2d(1),
        new nn.Flatten(),
      )
      const generator = new Generator(4)
      const input = randn([2, 3, 9, 11], { generator, dtype: 'float64' })
      gradcheck(model, input, randn([2, 3], { generator, dtype: 'float64' }))
    })
  })

  it('print themselves', () => {
    expect(String(new nn.MaxPool2d(2))).to.equal(
      'MaxPool2d(kernelSize=2, stride=2, padding=0, dilation=1, ceilMode=false)',
    )
    expect(String(new nn.AvgPool2d([3, 2], { stride: 1 }))).to.equal(
      'AvgPool2d(kernelSize=(3, 2), stride=1, padding=0)',
    )
    expect(String(new nn.MaxPool1d(3, { stride: 2 }))).to.equal(
      'MaxPool1d(kernelSize=3, stride=2, padding=0, dilation=1, ceilMode=false)',
    )
    expect(String(new nn.AvgPool1d(3))).to.equal('AvgPool1d(kernelSize=3, stride=3, padding=0)')
    expect(String(new nn.AdaptiveAvgPool1d(5))).to.equal('AdaptiveAvgPool1d(5)')
    expect(String(new nn.AdaptiveAvgPool2d([5, null]))).to.equal('AdaptiveAvgPool2d((5, null))')
  })

  it('stand at any number of places of a container', () => {
    const input = randn([1, 4, 4], { dtype: 'float64' })
    for (const twice of [new nn.AvgPool2d(2), new nn.MaxPool2d(2)]) {
      gradcheck(new nn.Sequential(twice, twice), input, ones([1, 1, 1], { dtype: 'float64' }))
    }
  })

  it('refuse sizes that are out of range', () => {
    expect(() => new nn.MaxPool2d(0)).to.throw(ValueError, 'kernelSize')
    expect(() => new nn.MaxPool2d(2, { stride: 0 })).to.throw(ValueError, 'stride')
    expect(() => new nn.MaxPool2d(2, { dilation: 1.5 })).to.throw(ValueError, 'dilation')
    expect(() => new nn.AvgPool2d([2, 3], { padding: [1, 2] })).to.throw(
      ValueError,
      'AvgPool2d: expected padding to be at most half of kernelSize, so that every window holds an element, got (1, 2) with kernelSize (2, 3)',
    )
    expect(() => new nn.AvgPool1d(3, { padding: 2 })).to.throw(
      ValueError,
      'AvgPool1d: expected padding to be at most half of kernelSize, so that every window holds an element, got 2 with kernelSize 3',
    )
    expect(() => new nn.AvgPool1d([2, 2] as unknown as number)).to.throw(
      ValueError,
      'AvgPool1d: expected kernelSize to be a whole number of at least 1, got [2, 2]',
    )
    for (const divisorOverride of [0, -1, NaN, Infinity]) {
      expect(() => new nn.AvgPool2d(2, { divisorOverride })).to.throw(ValueError, 'divisorOverride')
    }
    for (const size of [0, -1, 2.5, NaN]) {
      expect(() => new nn.AdaptiveAvgPool2d(size)).to.throw(ValueError, 'outputSize')
      expect(() => new nn.AdaptiveAvgPool1d(size)).to.throw(ValueError, 'outputSize')
      expect(() => new nn.MaxPool1d(size)).to.throw(ValueError, 'MaxPool1d: expected kernelSize')
    }
  })

  it('refuse inputs that do not fit', () => {
    for (const module of [new nn.MaxPool2d(2), new nn.AvgPool2d(2), new nn.AdaptiveAvgPool2d(2)]) {
      expect(() => module.forward(ones([4, 4]))).to.throw(
        ShapeError,
        'expected input to be shape (N, C, H, W) or (C, H, W), got shape (4, 4)',
      )
      expect(() => module.forward(zeros([1, 4, 4], { dtype: 'int32' }))).to.throw(DTypeError)
      expect(() => module.forward(zeros([1, 0, 4]))).to.throw(ShapeError, 'images of')
    }
    expect(() => new nn.Sequential(new nn.MaxPool2d(5)).forward(ones([1, 4, 9]))).to.throw(
      ShapeError,
      'Sequential.0 MaxPool2d(kernelSize=5, stride=5, padding=0, dilation=1, ceilMode=false): expected input to be images in which every window of 5, dilated by 1 and padded by 0, fits and holds an element, got images of (4, 9)',
    )
    for (const module of [new nn.MaxPool1d(2), new nn.AvgPool1d(2), new nn.AdaptiveAvgPool1d(2)]) {
      expect(() => module.forward(ones([1, 2, 4, 4]))).to.throw(
        ShapeError,
        'expected input to be shape (N, C, L) or (C, L), got shape (1, 2, 4, 4)',
      )
      expect(() => module.forward(zeros([4, 0]))).to.throw(ShapeError, 'sequences of')
    }
    expect(() => new nn.MaxPool1d(5, { dilation: 2 }).forward(ones([1, 8]))).to.throw(
      ShapeError,
      'expected input to be sequences in which every window of 5, dilated by 2 and padded by 0, fits and holds an element, got sequences of 8',
    )
    // a window of both padded rows, whose two elements both miss the image
    const missing = new nn.MaxPool2d([2, 1], { padding: [1, 0], dilation: [2, 1] })
    expect(() => missing.forward(ones([1, 1, 3]))).to.throw(ShapeError, 'holds an element')
  })
})
