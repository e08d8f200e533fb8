import { expect } from 'chai'

import {
  capture,
  fit,
  Generator,
  gradcheck,
  manualSeed,
  nn,
  ones,
  optim,
  rand,
  randn,
  setNumThreads,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { getNumThreads } from '../../ts/threads.js'
import { eachBackend } from '../support/each-backend.js'

const seeded = (seed = 5): { generator: Generator } => ({ generator: new Generator(seed) })

const makers: Readonly<Record<string, (generator?: Generator) => nn.Module>> = {
  RandomCrop: (generator) => new nn.RandomCrop([7, 8], { padding: [2, 1], fill: -1, generator }),
  RandomHorizontalFlip: (generator) => new nn.RandomHorizontalFlip(0.5, { generator }),
  RandomTranslation: (generator) => new nn.RandomTranslation(0.3, 0.2, { generator }),
  RandomErasing: (generator) => new nn.RandomErasing(0.8, { value: 9, generator }),
  RandomBrightness: (generator) => new nn.RandomBrightness(0.2, { generator }),
}

/** Rows of the images as text, so that a test reads as what is seen. */
const rowsOf = (images: Tensor): string[] =>
  (images.toArray() as number[][][][]).flat(2).map((row) => row.join(' '))

describe('nn: augmentation of images', () => {
  eachBackend(() => {
    for (const [name, make] of Object.entries(makers)) {
      it(`${name}: by its own generator, by the seed, anew at every forward`, () => {
        const x = rand([16, 2, 8, 9])
        const first = (module: nn.Module): unknown => module.forward(x).toArray()
        expect(first(make(new Generator(1)))).to.deep.equal(first(make(new Generator(1))))
        expect(first(make(new Generator(1)))).not.to.deep.equal(first(make(new Generator(2))))
        const module = make()
        const runs = [3, 3].map((seed) => {
          manualSeed(seed)
          return [first(module), first(module)]
        })
        expect(runs[0]).to.deep.equal(runs[1])
        expect(runs[0]![0]).not.to.deep.equal(runs[0]![1])
      })

      it(`${name}: nothing is drawn in evaluation mode`, () => {
        const generator = new Generator(1)
        const before = generator.getState().toArray()
        const x = rand([4, 2, 7, 8])
        const module = make(generator).eval()
        expect(module.forward(x)).to.equal(x)
        expect(module.backward(x, x)).to.equal(x)
        expect(generator.getState().toArray()).to.deep.equal(before)
        expect(module.train().forward(rand([0, 2, 7, 8])).shape[0]).to.equal(0)
        expect(generator.getState().toArray()).to.deep.equal(before)
      })

      it(`${name}: its gradient, for one image and for many, in both dtypes`, () => {
        manualSeed(2)
        for (const shape of [[6, 2, 8, 9], [1, 8, 9]]) {
          const x = randn(shape, { dtype: 'float64' })
          expect(gradcheck(make(), x).ok).to.equal(true)
          expect(make().forward(x.to('float32')).dtype).to.equal('float32')
        } // prettier-ignore
      })

      it(`${name}: captured as eager, and anew in each step`, async () => {
        const x = rand([8, 2, 8, 9])
        const [one, two] = [make(new Generator(4)), make(new Generator(4))]
        const step = capture(({ x: input }) => one.forward(input), { inputs: { x } })
        for (let i = 0; i < 3; i++) {
          const captured = await step.run({ x })
          expect(captured.toArray()).to.deep.equal(two.forward(x).toArray())
        }
      })
    }

    it('the same bits at any number of threads', () => {
      const before = getNumThreads()
      const x = rand([64, 3, 32, 32])
      try {
        const [one, two] = [1, 2].map((threads) => {
          setNumThreads(threads)
          manualSeed(8)
          const model = new nn.Sequential(...Object.values(makers).map((make) => make()))
          return model.forward(x)
        })
        expect(Buffer.from(one!.buffer).equals(Buffer.from(two!.buffer))).to.equal(true)
      } finally {
        setNumThreads(before)
      }
    })

    it('RandomCrop cuts from the padded image, all channels alike', () => {
      const x = tensor([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]) // prettier-ignore
      const module = new nn.RandomCrop(2, { padding: 1, ...seeded() })
      const seen = new Set<string>()
      for (let i = 0; i < 200; i++) {
        const rows = rowsOf(module.forward(x))
        seen.add(rows.slice(0, 2).join(' / '))
        const other = rows
          .slice(0, 2)
          .map((row) => row.replace(/[1-4]/g, (d) => `${Number(d) + 4}`))
        expect(rows.slice(2)).to.deep.equal(other)
      }
      expect([...seen].sort()).to.deep.equal([
        '0 0 / 0 1', '0 0 / 1 2', '0 0 / 2 0', '0 1 / 0 3', '0 3 / 0 0',
        '1 2 / 3 4', '2 0 / 4 0', '3 4 / 0 0', '4 0 / 0 0',
      ]) // prettier-ignore
    })

    it('RandomHorizontalFlip mirrors a share of the images', () => {
      const x = tensor([[[[1, 2, 3]]]])
      expect(rowsOf(new nn.RandomHorizontalFlip(1).forward(x))).to.deep.equal(['3 2 1'])
      expect(rowsOf(new nn.RandomHorizontalFlip(0).forward(x))).to.deep.equal(['1 2 3'])
      const many = ones([1000, 1, 1, 2])
      for (let i = 0; i < 1000; i++) many.data[2 * i] = 0
      const flipped = new nn.RandomHorizontalFlip(0.3, seeded()).forward(many)
      const count = flipped.data.filter((value, i) => i % 2 === 0 && value === 1).length
      expect(count).to.be.within(300 - 90, 300 + 90) // six deviations of 14.5
    })

    it('RandomTranslation shifts by whole pixels within its factors', () => {
      const x = tensor([[[[1, 2, 3, 4]]]])
      const module = new nn.RandomTranslation(0, 0.5, seeded())
      const seen = new Set<string>()
      for (let i = 0; i < 200; i++) seen.add(rowsOf(module.forward(x))[0]!)
      expect([...seen].sort()).to.deep.equal([
        '0 0 1 2',
        '0 1 2 3',
        '1 2 3 4',
        '2 3 4 0',
        '3 4 0 0',
      ])
    })

    it('RandomBrightness adds one number to each image, both ways', () => {
      const x = ones([500, 2, 2, 2])
      const images = Array.from(new nn.RandomBrightness(0.25, seeded()).forward(x).data)
      const added = Array.from({ length: 500 }, (_, i) => images[8 * i]! - 1)
      images.forEach((value, i) => {
        expect(value).to.equal(images[8 * Math.floor(i / 8)])
      })
      expect(Math.min(...added)).to.be.within(-0.25, -0.24)
      expect(Math.max(...added)).to.be.within(0.24, 0.25)
    })

    it('Normalize takes off the mean and divides by the deviation of each channel', () => {
      const x = tensor([[[[1, 2]], [[10, 20]]]])
      const module = new nn.Normalize([1, 10], [2, 5])
      expect(module.forward(x).toArray()).to.deep.equal([[[[0, 0.5]], [[0, 2]]]])
      expect(module.backward(x, ones([1, 2, 1, 2])).toArray()).to.deep.equal(
        [[[[0.5, 0.5]], [[Math.fround(0.2), Math.fround(0.2)]]]],
      ) // prettier-ignore
      expect(Object.keys(module.stateDict())).to.deep.equal(['mean', 'std'])
      const other = new nn.Normalize([0, 0], [1, 1])
      other.loadStateDict(module.stateDict())
      expect(other.forward(x).toArray()).to.deep.equal(module.forward(x).toArray())
    })

    it('part of a model that fit trains: captured, active in training alone', async () => {
      manualSeed(1)
      const x = rand([40, 1, 8, 8])
      const y = tensor(
        Array.from({ length: 40 }, (_, i) => i % 2),
        { dtype: 'int32' },
      )
      const augment = Object.values(makers).map((make) => make())
      const model = new nn.Sequential(
        new nn.Normalize([0.5], [0.3]),
        ...augment,
        new nn.Conv2d(1, 2, 3),
        new nn.Flatten(),
        new nn.Linear(60, 2),
      )
      // RandomCrop makes 7 x 8 of 8 x 8, of which a convolution leaves 5 x 6.
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const criterion = new nn.CrossEntropyLoss()
      const history = await fit(model, [x, y], { criterion, optimizer, epochs: 2, batchSize: 16 })
      expect(history.mode).to.equal('captured')
      model.eval()
      expect(model.forward(x).toArray()).to.deep.equal(model.forward(x).toArray())
    })
  })

  it('refuses what makes no sense, by name', () => {
    const wrong = (value: unknown): never => value as never
    for (const [make, message] of [
      [() => new nn.RandomCrop(0), 'RandomCrop: expected size to be a whole number of at least 1'],
      [() => new nn.RandomCrop(4, { padding: -1 }), 'expected padding to be'],
      [() => new nn.RandomCrop(4, { fill: NaN }), 'expected fill to be a finite number'],
      [() => new nn.RandomHorizontalFlip(2), 'RandomHorizontalFlip: expected p to be'],
      [() => new nn.RandomTranslation(0.1, wrong('x')), 'expected widthFactor to be'],
      [() => new nn.RandomErasing(-1), 'RandomErasing: expected p to be'],
      [() => new nn.RandomErasing(1, { scale: [0.5, 0.1] }), 'expected scale to be two numbers'],
      [() => new nn.RandomErasing(1, { ratio: [0, 1] }), 'expected ratio to be two numbers'],
      [() => new nn.RandomErasing(1, wrong({ value: 'random' })), 'expected value to be'],
      [() => new nn.RandomBrightness(-0.1), 'RandomBrightness: expected factor to be'],
      [() => new nn.RandomBrightness(0.1, wrong({ generater: 1 })), 'did you mean generator?'],
      [() => new nn.Normalize([0], [0]), 'Normalize: expected std of channel 0 to be'],
      [() => new nn.Normalize([0, 1], [1]), 'Normalize: expected std to be 2 numbers'],
      [() => new nn.Normalize(wrong(0.5), [1]), 'Normalize'],
    ] as const) {
      expect(make, message).to.throw(ValueError, message)
    }
    expect(() => new nn.RandomCrop(32, { padding: 1 }).forward(ones([2, 3, 28, 28]))).to.throw(
      ShapeError,
      'expected input to be images of at least (32, 32) with their padding of (1, 1), got (28, 28)',
    )
  })
})
