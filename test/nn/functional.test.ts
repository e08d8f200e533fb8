import { expect } from 'chai'

import {
  capture,
  DTypeError,
  manualSeed,
  nn,
  randn,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const F = nn.functional

/** What a layer and a function of its weights give, with all gradients, as bytes. */
function bytesOf(layer: nn.Module, call: (x: Tensor) => Tensor, shape: readonly number[]) {
  const x = randn(shape)
  const parameters = layer.parameters()
  return [(given: Tensor) => layer.forward(given), call].map((forward) => {
    layer.zeroGrad()
    const input = x.clone().requiresGrad_()
    const y = forward(input)
    sum(y.mul(y)).backward()
    return [y, input.grad!, ...parameters.map(({ grad }) => grad!)].map(({ data }) =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    )
  })
}

describe('nn.functional', () => {
  eachBackend(() => {
    it('gives the bits of the layers', () => {
      manualSeed(3)
      const fc = new nn.Linear(4, 3)
      const conv = new nn.Conv2d(4, 6, 3, { stride: 2, padding: 1, groups: 2 })
      const up = new nn.ConvTranspose1d(4, 3, 3, { stride: 2, outputPadding: 1 })
      const norm = new nn.LayerNorm(4)
      const groups = new nn.GroupNorm(2, 4, { eps: 0.1 })
      const features = new nn.BatchNorm1d(4)
      const pairs: [nn.Module, (x: Tensor) => Tensor, number[]][] = [
        [fc, (x) => F.linear(x, fc.weight, fc.bias), [5, 4]],
        [
          conv,
          (x) => F.conv2d(x, conv.weight, conv.bias, { stride: 2, padding: 1, groups: 2 }),
          [2, 4, 5, 6],
        ],
        [
          up,
          (x) => F.convTranspose1d(x, up.weight, up.bias, { stride: 2, outputPadding: 1 }),
          [2, 4, 5],
        ],
        [norm, (x) => F.layerNorm(x, 4, norm.weight, norm.bias), [5, 4]],
        [groups, (x) => F.groupNorm(x, 2, groups.weight, groups.bias, { eps: 0.1 }), [3, 4, 5]],
        [
          features,
          (x) => F.batchNorm(x, null, null, features.weight, features.bias, { training: true }),
          [5, 4],
        ],
      ]
      for (const [layer, call, shape] of pairs) {
        const [byLayer, byFunction] = bytesOf(layer, call, shape)
        expect(byFunction, layer.describe()).to.deep.equal(byLayer)
      }
    })

    it('batchNorm moves running statistics in training as the layer does', () => {
      const layer = new nn.BatchNorm1d(3, { momentum: 0.2 })
      const [mean, variance] = [zeros([3]), tensor([1, 1, 1])]
      const x = randn([6, 3])
      layer.forward(x)
      F.batchNorm(x, mean, variance, { training: true, momentum: 0.2 })
      expect(mean.toArray()).to.deep.equal(layer.runningMean!.toArray())
      expect(variance.toArray()).to.deep.equal(layer.runningVar!.toArray())
      const byLayer = layer.eval().forward(x)
      expect(F.batchNorm(x, mean, variance).toArray()).to.deep.equal(byLayer.toArray())
    })

    it('keeps what a second pass over a retained graph needs', () => {
      const x = randn([2, 4, 3], { requiresGrad: true })
      const y = sum(F.groupNorm(x, 2).mul(F.maxPool1d(x, 1)))
      y.backward(undefined, { retainGraph: true })
      const once = x.grad!.toArray()
      x.grad = null
      y.backward()
      expect(x.grad!.toArray()).to.deep.equal(once)
    })

    it('is what classes of two inputs call, also captured', () => {
      const layer = new nn.Bilinear(3, 2, 4)
      const cosine = new nn.CosineSimilarity()
      const [a, b] = [randn([5, 3]), randn([5, 2])]
      const compute = (): Tensor[] => {
        layer.zeroGrad()
        const y = layer.forward(a, b)
        sum(cosine.forward(y, y.detach().add(1))).backward()
        return [y, layer.weight.grad!, layer.bias!.grad!]
      }
      const eager = compute().map((t) => t.toArray())
      const byFunction = F.bilinear(a, b, layer.weight, layer.bias)
      expect(byFunction.toArray()).to.deep.equal(eager[0])
      const captured = capture(compute).runSync()
      expect(captured.map((t) => t.toArray())).to.deep.equal(eager)
    })

    it('drops what the generator says, and nothing outside of training', () => {
      const x = randn([64], { requiresGrad: true })
      manualSeed(5)
      const y = F.dropout(x, 0.5)
      manualSeed(5)
      expect(new nn.Dropout(0.5).forward(x).toArray()).to.deep.equal(y.toArray())
      expect(F.dropout(x, 0.5, { training: false })).to.equal(x)
      sum(y).backward()
      const kept = y.data.map((value) => (value === 0 ? 0 : 2))
      expect([...x.grad!.data]).to.deep.equal([...kept])
    })
  })

  it('refuses what does not go together', () => {
    const x = zeros([2, 4])
    const image = zeros([2, 4, 5, 5])
    const refused: [() => unknown, typeof ValueError, string][] = [
      [() => F.linear(x, zeros([3, 5])), ShapeError, '(2, 4) and (3, 5)'],
      [() => F.linear(x, zeros([3, 4]), zeros([4])), ShapeError, 'the bias to be shape (3)'],
      [() => F.linear(x, zeros([3, 4], { dtype: 'float64' })), DTypeError, "use to('float32')"],
      [() => F.linear(x, undefined as unknown as Tensor), ValueError, 'the weight to be a Tensor'],
      [() => F.conv2d(image, zeros([3, 4, 3])), ShapeError, 'shape (O, I, kH, kW)'],
      [() => F.conv2d(image, zeros([3, 2, 3, 3])), ShapeError, 'conv2d: expected input'],
      [() => F.conv2d(image, zeros([3, 4, 6, 6])), ShapeError, 'at least as large as the kernel'],
      [() => F.conv2d(image, zeros([4, 2, 3, 3]), { groups: 3 }), ValueError, 'a divisor'],
      [() => F.layerNorm(x, [5]), ShapeError, 'shape (…, 5)'],
      [() => F.layerNorm(x, 4, zeros([5])), ShapeError, 'the weight to be shape (4)'],
      [() => F.groupNorm(x, 3), ValueError, 'a divisor of the 4 channels'],
      [() => F.instanceNorm(x), ShapeError, 'shape (N, C, L, …)'],
      [() => F.instanceNorm(zeros([2, 4, 1])), ValueError, 'more than one element'],
      [() => F.batchNorm(x, null, null), ValueError, 'to be there, as training is false'],
      [() => F.batchNorm(zeros([1, 4]), null, null, { training: true }), ValueError, 'variance'],
      [
        () => F.batchNorm(x, zeros([4], { requiresGrad: true }), zeros([4])),
        ValueError,
        'one that requires no gradient',
      ],
      [() => F.bilinear(x, x, zeros([3, 4, 5])), ShapeError, '(2, 4), (2, 4), (3, 4, 5)'],
      [() => F.cosineSimilarity(x, zeros([3, 4])), ShapeError, '(2, 4) and (3, 4)'],
      [() => F.normalize(x, { dim: 2 }), ShapeError, 'dim'],
      [() => F.rmsNorm(x, 3), ShapeError, 'shape (…, 3)'],
      [() => F.unfold(image, 6), ShapeError, 'as large as a patch'],
      [() => F.pixelShuffle(image, 3), ShapeError, 'divisible by 9'],
      [() => F.adaptiveMaxPool2d(image, 0), ValueError, 'outputSize'],
      [() => F.maxPool2d(image, 6), ShapeError, 'MaxPool2d'],
      [() => F.mseLoss(x, zeros([4])), ShapeError, "the prediction's shape"],
    ]
    for (const [call, error, message] of refused) {
      expect(call, message).to.throw(error).with.property('message').that.includes(message)
    }
  })
})
