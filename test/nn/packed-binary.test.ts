import { expect } from 'chai'

import {
  capture,
  DTypeError,
  fit,
  Generator,
  io,
  nn,
  optim,
  randn,
  ShapeError,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const generator = new Generator(11)
const bytes = (module: nn.Module): number =>
  Object.values(module.stateDict()).reduce((sum, { buffer }) => sum + buffer.byteLength, 0)

/** An input with what signs are about: 0, -0, numbers near 0 and far away. */
function inputOf(shape: readonly number[], dtype: 'float32' | 'float64'): Tensor {
  const input = randn(shape, { dtype, generator })
  const special = [0, -0, 1e-40, -1e-40, Infinity, -Infinity, 1, -1]
  for (const [i, value] of special.entries()) if (3 * i < input.length) input.data[3 * i] = value
  return input
}

describe('nn: packed binary layers', () => {
  eachBackend(() => {
    for (const dtype of ['float32', 'float64'] as const) {
      for (const bias of [false, true]) {
        it(`PackedBinaryLinear gives the numbers of the layer, ${dtype}, bias ${bias}`, () => {
          for (const [rows, inFeatures, outFeatures] of [
            [1, 1, 1],
            [1, 784, 40],
            [3, 31, 16],
            [9, 33, 17],
            [20, 100, 1],
            [5, 64, 10],
            [0, 7, 3],
          ] as const) {
            const layer = new nn.BinaryLinear(inFeatures, outFeatures, { bias, dtype, generator })
            layer.weight.data[0] = 0
            const input = inputOf([rows, inFeatures], dtype)
            const expected = layer.forward(input)
            expect(layer.pack().forward(input).toArray()).to.deep.equal(expected.toArray())
          }
        })

        it(`PackedBinaryConv2d gives the numbers of the layer, ${dtype}, bias ${bias}`, () => {
          const cases: [number, number, nn.Pair, nn.BinaryConv2dOptions, number[]][] = [
            [3, 5, 3, { padding: 1 }, [2, 3, 7, 6]],
            [40, 9, 3, { padding: 'same', stride: 2 }, [2, 40, 9, 8]],
            [1, 1, 5, { padding: 4 }, [1, 3, 2]],
            [70, 4, [1, 2], { groups: 2, dilation: 2, padding: [0, 1] }, [3, 70, 5, 20]],
            [6, 6, 3, { groups: 6, padding: 1 }, [1, 6, 4, 4]],
            [2, 3, 3, { padding: 2, paddingMode: 'reflect' }, [2, 2, 5, 4]],
            [2, 3, 3, { padding: 1, paddingMode: 'circular' }, [2, 2, 5, 4]],
            [16, 20, 1, {}, [2, 16, 8, 8]],
          ]
          for (const [inChannels, outChannels, kernelSize, options, shape] of cases) {
            const settings = { ...options, bias, dtype, generator }
            const layer = new nn.BinaryConv2d(inChannels, outChannels, kernelSize, settings)
            layer.weight.data[0] = -0
            const input = inputOf(shape, dtype)
            const expected = layer.forward(input)
            const packed = layer.pack()
            expect(packed.forward(input).toArray(), String(packed)).to.deep.equal(
              expected.toArray(),
            )
          }
        })
      }
    }

    it('is part of a captured step and of a container', async () => {
      const layer = new nn.BinaryConv2d(4, 6, 3, { padding: 1, generator })
      const net = new nn.Sequential(layer.pack(), new nn.ReLU())
      const [first, second] = [inputOf([2, 4, 6, 6], 'float32'), inputOf([2, 4, 6, 6], 'float32')]
      const step = capture(({ x }: { x: Tensor }) => net.forward(x), { inputs: { x: first } })
      for (const x of [first, second, first]) {
        const result = (await step.run({ x })).clone()
        expect(result.toArray()).to.deep.equal(net.forward(x).toArray())
      }
    })

    it('refuses a backward pass, and lets the layers after it learn', () => {
      const packed = new nn.BinaryLinear(8, 4, { generator }).pack()
      const net = new nn.Sequential(packed, new nn.Linear(4, 2, { generator }))
      const x = randn([3, 8], { generator })
      const gradOutput = randn(net.forward(x).shape, { generator })
      net.backwardParameters(x, gradOutput)
      expect(net.parameters().map(({ grad }) => grad === null)).to.deep.equal([false, false])
      expect(() => net.backward(x, gradOutput)).to.throw(ValueError, 'no backward pass')
    })
  })

  it('takes a 32nd of the memory and no parameters', () => {
    const linear = new nn.BinaryLinear(1024, 48)
    expect(bytes(linear)).to.equal(32 * bytes(linear.pack()))
    const conv = new nn.BinaryConv2d(64, 20, 3)
    expect(bytes(conv)).to.equal(32 * bytes(conv.pack()))
    expect(conv.pack().parameters()).to.deep.equal([])
    expect(linear.pack().weight.shape).to.deep.equal([32, 48])
    expect(conv.pack().weight.shape).to.deep.equal([20, 2, 3, 3])
  })

  it('carries its weights over by a state dict and a file', () => {
    const source = new nn.BinaryConv2d(5, 7, 3, { bias: true, generator }).pack()
    const { tensors } = io.safetensorsFromBuffer(io.safetensorsToBuffer(source.stateDict()))
    expect(Object.keys(tensors)).to.deep.equal(['weight', 'bias'])
    const target = new nn.PackedBinaryConv2d(5, 7, 3, { bias: true })
    target.loadStateDict(tensors)
    const x = randn([2, 5, 6, 6], { generator })
    expect(target.forward(x).toArray()).to.deep.equal(source.forward(x).toArray())

    const linear = new nn.BinaryLinear(40, 6, { generator }).pack()
    const other = new nn.PackedBinaryLinear(40, 6)
    other.loadStateDict(linear.stateDict())
    const rows = randn([3, 40], { generator })
    expect(other.forward(rows).toArray()).to.deep.equal(linear.forward(rows).toArray())
  })

  it('keeps nothing of the layer that it was made from', () => {
    const layer = new nn.BinaryLinear(6, 3, { bias: true, generator })
    const packed = layer.pack()
    const x = randn([2, 6], { generator })
    const before = packed.forward(x).toArray()
    layer.weight.data.fill(-1)
    layer.bias!.data.fill(9)
    expect(packed.forward(x).toArray()).to.deep.equal(before)
  })

  it('prints itself, and changes the dtype of its bias', () => {
    const linear = new nn.PackedBinaryLinear(6, 3)
    expect(String(linear)).to.equal('PackedBinaryLinear(6, 3, bias=false)')
    expect(linear.forward(zeros([2, 6], { dtype: 'float64' })).dtype).to.equal('float64')
    const conv = new nn.PackedBinaryConv2d(6, 3, 3, { bias: true, padding: 1 })
    expect(String(conv)).to.equal(
      'PackedBinaryConv2d(6, 3, kernelSize=(3, 3), stride=(1, 1), padding=(1, 1))',
    )
    const x = zeros([1, 6, 3, 3], { dtype: 'float64' })
    expect(() => conv.forward(x)).to.throw(DTypeError, 'float32 as the bias is')
    expect(conv.to('float64').forward(x).dtype).to.equal('float64')
    expect(conv.weight.dtype).to.equal('int32')
  })

  it('refuses what does not fit', () => {
    const linear = new nn.PackedBinaryLinear(6, 3)
    expect(() => linear.forward(zeros([2, 5]))).to.throw(ShapeError, 'shape (…, 6)')
    expect(() => linear.forward(zeros([2, 6], { dtype: 'int32' }))).to.throw(DTypeError, 'float32')
    expect(() => new nn.PackedBinaryLinear(1.5, 3)).to.throw(ValueError, 'inFeatures')
    expect(() => new nn.PackedBinaryConv2d(4, 3, 3, { groups: 3 })).to.throw(ValueError, 'groups')
    expect(() => new nn.PackedBinaryConv2d(4, 3, 3).forward(zeros([4, 2, 2]))).to.throw(
      ShapeError,
      'kernel',
    )
    const estimator = 'hardtanh' as 'parabola'
    for (const make of [
      () => new nn.Sign({ estimator }),
      () => new nn.BinaryLinear(2, 2, { weightEstimator: estimator }),
      () => new nn.BinaryConv2d(2, 2, 1, { inputEstimator: estimator }),
    ]) {
      expect(make).to.throw(ValueError, "'straightThrough', 'clippedStraightThrough' or 'parabola', got 'hardtanh'") // prettier-ignore
    }
    const real = { binarizeInput: false }
    expect(() => new nn.BinaryLinear(2, 2, real).pack()).to.throw(ValueError, 'binarised inputs')
    expect(() => new nn.BinaryConv2d(2, 2, 1, real).pack()).to.throw(ValueError, 'binarised')
  })

  it('a NaN stays one in the layer and counts as 1 in bits', () => {
    const layer = new nn.BinaryLinear(2, 1)
    layer.weight.data.set([1, -1])
    const x = tensor([NaN, 1])
    expect(layer.forward(x).toArray()).to.deep.equal([NaN])
    expect(layer.pack().forward(x).toArray()).to.deep.equal([0])
  })

  it('learns with fit, captured, and packs what it learned', async () => {
    const generator = new Generator(3)
    const x = randn([256, 8], { generator })
    const above = Array.from({ length: 256 }, (_, i) =>
      Number(x.data[8 * i]! + x.data[8 * i + 1]! - x.data[8 * i + 2]! > 0),
    )
    const y = tensor(above, { dtype: 'int32' })
    const last = new nn.BinaryLinear(64, 2, { bias: true, generator })
    const net = new nn.Sequential(
      new nn.BinaryLinear(8, 64, { binarizeInput: false, generator }),
      new nn.BatchNorm1d(64),
      last,
    )
    const signsBefore = last.pack().weight.toArray()
    const optimizer = new optim.Adam(net.parameters(), { lr: 0.01 })
    const history = await fit(net, [x, y], {
      batchSize: 32,
      shuffle: false,
      criterion: new nn.CrossEntropyLoss(),
      optimizer,
      // Smaller and smaller steps: signs that go to and fro cost accuracy.
      scheduler: new optim.CosineAnnealingLR(optimizer, { tMax: 30 }),
      epochs: 30,
      metrics: ['accuracy'],
    })
    expect(history.mode).to.equal('captured')
    // Guessing gives 0.5, with a standard deviation of 0.5 / sqrt(256) = 1/32.
    expect(history.last['accuracy']).to.be.above(0.9)
    expect(last.pack().weight.toArray()).to.not.deep.equal(signsBefore)

    net.eval()
    const hidden = net.at(1)!.forward(net.at(0)!.forward(x))
    expect(last.pack().forward(hidden).toArray()).to.deep.equal(net.forward(x).toArray())
  })
})
