import { expect } from 'chai'
import {
  DTypeError,
  Generator,
  GradlaneError,
  manualSeed,
  nn,
  rand,
  randn,
  ShapeError,
  summary,
  type Tensor,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { moduleCases } from '../support/module-cases/index.js'

const cnn = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Sequential({ drop: new nn.Dropout(0.5), flat: new nn.Flatten() }),
    new nn.Linear(8 * 4 * 4, 10),
  )

describe('summary', () => {
  eachBackend(() => {
    it('counts shapes, parameters, multiply-adds and memory', () => {
      const model = cnn()
      ;(model.at(0) as nn.Conv2d).requiresGrad_(false)
      const result = summary(model, [2, 1, 8, 8])
      const images = 2 * 8 * 8 * 8
      const rows = result.rows.map(({ path, outputShape, trainable, frozen, multiplyAdds }) => [
        path,
        outputShape,
        trainable,
        frozen,
        multiplyAdds,
      ])
      expect(rows).to.deep.equal([
        ['', [2, 10], 0, 0, 0],
        ['0', [2, 8, 8, 8], 0, 80, images * 9],
        ['1', [2, 8, 8, 8], 16, 0, 0],
        ['2', [2, 8, 8, 8], 0, 0, 0],
        ['3', [2, 8, 4, 4], 0, 0, 0],
        ['4', [2, 128], 0, 0, 0],
        ['4.drop', [2, 8, 4, 4], 0, 0, 0],
        ['4.flat', [2, 128], 0, 0, 0],
        ['5', [2, 10], 1290, 0, 2 * 128 * 10],
      ])
      expect(result.parameters).to.equal(80 + 16 + 1290)
      expect(result.parameterBytes).to.equal(4 * result.parameters)
      expect(result.multiplyAdds).to.equal(images * 9 + 2560)
      // Three images of 8 channels, the pooled one, the output; Dropout and Flatten hand on.
      expect(result.activationBytes).to.equal(4 * (3 * images + images / 4 + 20))
    })

    it('leaves nothing behind', () => {
      const generator = new Generator(3)
      const model = cnn().append(new nn.Dropout(0.5, { generator }))
      model.at(2)!.training = false
      model.forward(randn([4, 1, 8, 8]))
      manualSeed(5)
      const before = (): unknown => [
        model.modules().map((module) => module.training),
        Object.entries(model.stateDict()).map(([name, tensor]) => [name, tensor.toArray()]),
        model.parameters().map(({ grad }) => grad),
        generator.getState().toArray(),
        model.modules().map((module) => Object.getOwnPropertyNames(module)),
      ]
      const then = before()
      summary(model, [1, 1, 8, 8])
      expect(before()).to.deep.equal(then)
      const drawn = rand([3]).toArray()
      manualSeed(5)
      expect(rand([3]).toArray()).to.deep.equal(drawn)
    })

    it('leaves nothing behind when the input does not fit', () => {
      const model = cnn()
      expect(() => summary(model, [1, 1, 9, 9, 9])).to.throw(ShapeError, /Sequential\.0 Conv2d/)
      expect(() => summary(model, [1, 1, 8, 8], { dtype: 'int32' })).to.throw(DTypeError)
      expect(model.modules().every((module) => module.training)).to.equal(true)
      expect(Object.hasOwn(model, 'forward')).to.equal(false)
      expect(model.forward(zeros([2, 1, 8, 8])).shape).to.deep.equal([2, 10])
    })

    it('restores what a custom layer draws and counts', () => {
      class Noisy extends nn.Module {
        count = this.registerBuffer('count', zeros([1]))
        generator = new Generator(1)
        override computeOutput(input: Tensor): Tensor {
          this.count.data[0]! += 1
          rand([1])
          rand([1], { generator: this.generator })
          return input.clone()
        }
        override computeGradInput(_: Tensor, gradOutput: Tensor): Tensor {
          return gradOutput
        }
        override multiplyAdds(): number {
          return 7
        }
      }
      const layer = new Noisy()
      const state = layer.generator.getState().toArray()
      manualSeed(9)
      const first = rand([2]).toArray()
      manualSeed(9)
      expect(summary(layer, [2, 3]).multiplyAdds).to.equal(7)
      expect(layer.count.item()).to.equal(0)
      expect(layer.generator.getState().toArray()).to.deep.equal(state)
      expect(rand([2]).toArray()).to.deep.equal(first)
    })

    it('counts shared parameters and repeated modules once and twice', () => {
      const layer = new nn.Linear(4, 4)
      const result = summary(new nn.Sequential(layer, new nn.ReLU(), layer), [3, 4])
      expect(result.parameters).to.equal(20)
      expect(result.multiplyAdds).to.equal(2 * 3 * 16)
    })

    it('counts the multiply-adds of convolutions with groups and of transposed ones', () => {
      const macs = (layer: nn.Module, shape: number[]) => summary(layer, shape).multiplyAdds
      // 4 x 4 places of 6 channels, each from 2 channels and 9 neighbours
      expect(macs(new nn.Conv2d(4, 6, 3, { padding: 1, groups: 2 }), [1, 4, 4, 4])).to.equal(
        96 * 18,
      )
      // each of 2 x 16 numbers goes into 3 channels and 4 places
      expect(macs(new nn.ConvTranspose2d(2, 3, 2, { stride: 2 }), [1, 2, 4, 4])).to.equal(32 * 12)
    })

    it('prints a table', () => {
      const model = new nn.Sequential(
        new nn.Linear(784, 128),
        new nn.ReLU(),
        new nn.Linear(128, 10),
      )
      model.at(2)!.requiresGrad_(false)
      expect(String(summary(model, [32, 784]))).to.equal(
        [
          'layer                 output shape    parameters  multiply-adds',
          '---------------------------------------------------------------',
          'Sequential            (32, 10)',
          '  0 Linear(784, 128)  (32, 128)          100,480      3,211,264',
          '  1 ReLU()            (32, 128)',
          '  2 Linear(128, 10)   (32, 10)      1,290 frozen         40,960',
          '---------------------------------------------------------------',
          'input (32, 784)',
          'parameters 101,770: 100,480 trainable, 1,290 frozen, 397.5 KiB',
          'multiply-adds 3,252,224',
          'activations 33.3 KiB',
        ].join('\n'),
      )
    })

    it('takes indices for an embedding', () => {
      const model = new nn.Sequential(new nn.Embedding(10, 4), new nn.Linear(4, 2))
      const { rows } = summary(model, [2, 3], { dtype: 'int32' })
      expect(rows.map(({ outputShape }) => outputShape)).to.deep.equal([
        [2, 3, 2],
        [2, 3, 4],
        [2, 3, 2],
      ])
    })

    it('refuses what is no model', () => {
      expect(() => summary(nn.ReLU as never, [1])).to.throw(GradlaneError, /a Module, got a class/)
      expect(() => summary(new nn.ReLU(), 3 as never)).to.throw(GradlaneError, /array of sizes/)
    })
  })

  for (const { title, make, shapes } of moduleCases) {
    it(`tells the output shapes of ${title}`, () => {
      for (const [shape, outputShape] of shapes) {
        const { rows, parameters } = summary(make('float32'), shape)
        expect(rows[0]!.outputShape).to.deep.equal(outputShape)
        const sizes = make('float32')
          .parameters()
          .map(({ length }) => length)
        expect(parameters).to.equal(sizes.reduce((a, b) => a + b, 0))
      }
    })
  }
})
