import {
  argmax,
  capture,
  cat,
  empty,
  Generator,
  max,
  nn,
  randn,
  sum,
  type Tensor,
  tensor,
  transpose,
} from '../../ts/index.js'
import { Conv2dAlgorithm, type Conv2dGeometry } from '../../ts/kernels/conv2d.js'
import { ActivationKind } from '../../ts/kernels/kernels.js'
import { native } from '../../ts/kernels/native/index.js'
import type { Work } from './floor.js'

/** One value of each axis. */
export type Sizes = Readonly<Record<string, number | string>>

export interface Family {
  readonly name: string
  readonly axes: Readonly<Record<string, readonly (number | string)[]>>
  /** Null for sizes that make no sense, or no others than some before them. */
  make(sizes: Sizes): Work | null
}

const MOST = 1.5e8 // multiply-adds
const bytesOf = (...tensors: Tensor[]): number =>
  tensors.reduce((all, { length }) => all + 4 * length, 0)
const bell = (shape: readonly number[]): Tensor => randn(shape, { generator: new Generator(1) })

/** A size of the image along one side, or a number. */
function along(value: number | string, side: number): number {
  return value === 'all' ? side : Number(value)
}

interface Operands {
  readonly g: Conv2dGeometry
  readonly x: Tensor
  readonly weight: Tensor
  readonly out: Tensor
}

const passes: Readonly<Record<string, (o: Operands) => void>> = {
  forward: ({ g, x, weight, out }) => {
    native.conv2d({
      x,
      weight,
      bias: null,
      out,
      geometry: g,
      activation: ActivationKind.identity,
      parameter: 0,
      algorithm: Conv2dAlgorithm.auto,
    })
  },
  'by input': ({ g, x, weight, out }) => {
    native.conv2dInputGradient({
      gradOut: out,
      weight,
      bias: null,
      gradX: x,
      geometry: g,
      algorithm: Conv2dAlgorithm.auto,
    })
  },
  'by weight': ({ g, x, weight, out }) => {
    native.conv2dWeightGradient({
      x,
      gradOut: out,
      gradWeight: weight,
      geometry: g,
      beta: 0,
      algorithm: Conv2dAlgorithm.auto,
    })
  },
}

function convolution(name: string, axes: Family['axes'], defaults: Sizes): Family[] {
  return Object.entries(passes).map(([pass, run]) => ({
    name: `${name} ${pass}`,
    axes,
    make(sizes) {
      const all = { ...defaults, ...sizes }
      const [height, width] = String(all['image']).split('x').map(Number) as [number, number]
      const [kernelHeight, kernelWidth] = String(all['kernel'])
        .split('x')
        .map((value, i) => along(value, i === 0 ? height : width)) as [number, number]
      const [batch, inChannels, outChannels, stride, dilation, padding] = [
        ...['batch', 'in', 'out', 'stride', 'dilation', 'padding'],
      ].map((key) => Number(all[key])) as [number, number, number, number, number, number]
      const groups = all['groups'] === 'all' ? inChannels : 1
      const side = (length: number, kernel: number): number =>
        Math.floor((length + 2 * padding - (kernel - 1) * dilation - 1) / stride) + 1
      const [outHeight, outWidth] = [side(height, kernelHeight), side(width, kernelWidth)]
      if (outHeight < 1 || outWidth < 1 || outChannels % groups > 0) return null
      const g: Conv2dGeometry = {
        ...{ batch, inChannels, inHeight: height, inWidth: width },
        ...{ outChannels, outHeight, outWidth, kernelHeight, kernelWidth },
        ...{ strideHeight: stride, strideWidth: stride, padTop: padding, padLeft: padding },
        ...{ dilationHeight: dilation, dilationWidth: dilation, groups },
      }
      const x = bell([batch, inChannels, height, width])
      const weight = bell([outChannels, inChannels / groups, kernelHeight, kernelWidth])
      const out = bell([batch, outChannels, outHeight, outWidth])
      const multiplyAdds = out.length * (weight.length / outChannels)
      if (multiplyAdds > MOST) return null
      const operands = { g, x, weight, out }
      return {
        ...{ multiplyAdds, bytes: bytesOf(x, weight, out), calls: 1 },
        run: () => {
          run(operands)
        },
      }
    },
  }))
}

const sizes = [1, 2, 3, 8, 10, 32, 100, 784, 1024]

const products: readonly Family[] = [
  ['product', false, false],
  ['product by the first', false, true],
  ['product by the second', true, false],
].map(([name, transposeA, transposeB]) => ({
  name: String(name),
  axes: { m: sizes, n: sizes, k: sizes },
  make(at) {
    const [m, n, k] = [at['m'], at['n'], at['k']].map(Number) as [number, number, number]
    if (m * n * k > MOST) return null
    const [a, b, out] = [bell([m * k]), bell([k * n]), empty([m * n])]
    const options = { transposeA: transposeA === true, transposeB: transposeB === true }
    return {
      ...{ multiplyAdds: m * n * k, bytes: bytesOf(a, b, out), calls: 0.4 },
      run: () => {
        native.matmul({ a, b, out, m, n, k, ...options })
      },
    }
  },
}))

/** Forward and backward of a module, which reads and writes its input and its output a few times. */
function layer(
  name: string,
  axes: Family['axes'],
  make: (at: Sizes) => readonly [nn.Module, Tensor] | null,
  perOutput = 0,
): Family {
  return {
    name,
    axes,
    make(at) {
      const made = make(at)
      if (made === null) return null
      const [module, x] = made
      const gradOut = bell(module.forward(x).shape)
      const step = capture(() => {
        module.zeroGrad()
        module.forward(x)
        module.backward(x, gradOut)
      })
      return {
        multiplyAdds: 2 * perOutput * gradOut.length,
        bytes: 4 * bytesOf(x, gradOut),
        calls: 1,
        run: () => {
          step.runSync()
        },
      }
    },
  }
}

/** A function of one tensor. */
function operation(
  name: string,
  axes: Family['axes'],
  make: (at: Sizes) => readonly [Tensor, () => Tensor],
): Family {
  return {
    name,
    axes,
    make(at) {
      const [x, run] = make(at)
      const bytes = bytesOf(x, run())
      const step = capture(() => {
        run()
      })
      return {
        ...{ multiplyAdds: 0, bytes, calls: 1 },
        run: () => {
          step.runSync()
        },
      }
    },
  }
}

const images = ['4x4', '8x8', '7x9', '16x16', '32x32', '1x256', '64x4']
const numbers = (at: Sizes, ...names: string[]): number[] => names.map((name) => Number(at[name]))

function imageOf(at: Sizes): Tensor {
  const [height, width] = String(at['image']).split('x').map(Number) as [number, number]
  return bell([8, Number(at['channels']), height, width])
}

function pool(name: string, make: (kernel: [number, number], stride: number) => nn.Module): Family {
  const axes = {
    image: images,
    channels: [1, 3, 16, 64],
    kernel: ['1x1', '2x2', '3x3', '1x4', '4x1', 'allxall', '1xall', 'allx1'],
    stride: [1, 2, 3],
  }
  return layer(name, axes, (at) => {
    const x = imageOf(at)
    const [height, width] = x.shape.slice(2) as [number, number]
    const kernel = String(at['kernel'])
      .split('x')
      .map((value, i) => along(value, i === 0 ? height : width)) as [number, number]
    if (kernel[0] > height || kernel[1] > width) return null
    return [make(kernel, Number(at['stride'])), x]
  })
}

const defaults = { groups: 1, stride: 1, dilation: 1, padding: 0 }
const lengths = [1, 2, 3, 5, 16, 33, 100, 1000]

export const families: readonly Family[] = [
  ...convolution(
    'conv2d',
    {
      batch: [1, 16],
      in: [1, 3, 16, 64],
      out: [1, 3, 16, 64],
      image: images,
      kernel: ['1x1', '1x3', '3x1', '3x3', '5x5', '7x7', '3xall', 'allx3', 'allxall'],
    },
    defaults,
  ),
  ...convolution(
    'conv2d with options',
    {
      groups: [1, 'all'],
      in: [1, 16],
      out: [1, 16],
      image: ['8x8', '16x16', '1x256'],
      kernel: ['1x1', '1x3', '3x3', 'allxall'],
      stride: [1, 2, 3],
      dilation: [1, 2],
      padding: [0, 1, 6],
    },
    { batch: 8 },
  ),
  ...products,
  pool('max pooling', (kernel, stride) => new nn.MaxPool2d(kernel, { stride })),
  pool('average pooling', (kernel, stride) => new nn.AvgPool2d(kernel, { stride })),
  layer(
    'adaptive average pooling',
    { image: images, channels: [1, 3, 16, 64], size: [1, 2, 3, 5] },
    (at) => [new nn.AdaptiveAvgPool2d(Number(at['size'])), imageOf(at)],
  ),
  ...(['nearest', 'bilinear'] as const).map((mode) =>
    layer(
      `upsampling, ${mode}`,
      { image: images, channels: [1, 3, 16, 64], scaleFactor: [1, 2, 3] },
      (at) => [new nn.Upsample({ scaleFactor: Number(at['scaleFactor']), mode }), imageOf(at)],
    ),
  ),
  layer('BatchNorm2d', { image: images, channels: [1, 3, 16, 64] }, (at) => [
    new nn.BatchNorm2d(Number(at['channels'])),
    imageOf(at),
  ]),
  layer('BatchNorm1d', { rows: lengths.slice(1), features: lengths }, (at) => {
    const [rows, features] = numbers(at, 'rows', 'features') as [number, number]
    return [new nn.BatchNorm1d(features), bell([rows, features])]
  }),
  layer('LayerNorm', { rows: lengths, features: lengths }, (at) => {
    const [rows, features] = numbers(at, 'rows', 'features') as [number, number]
    return [new nn.LayerNorm([features]), bell([rows, features])]
  }),
  layer('GroupNorm', { image: images, channels: [2, 4, 16, 64], groups: [1, 2, 'all'] }, (at) => {
    const channels = Number(at['channels'])
    return [new nn.GroupNorm(along(at['groups']!, channels), channels), imageOf(at)]
  }),
  layer('Softmax', { outer: lengths, n: lengths, inner: [1, 2, 7, 64] }, (at) => {
    const [outer, n, inner] = numbers(at, 'outer', 'n', 'inner') as [number, number, number]
    return outer * n * inner > 1e6 ? null : [new nn.Softmax(1), bell([outer, n, inner])]
  }),
  ...(['ReLU', 'GELU', 'Tanh'] as const).map((name) =>
    layer(name, { n: [1, 3, 16, 33, 100, 1000, 10_000, 100_000] }, (at) => [
      new nn[name](),
      bell([Number(at['n'])]),
    ]),
  ),
  ...Object.entries({ sum, max, argmax }).map(([name, reduce]) =>
    operation(name, { outer: lengths, n: lengths, inner: [1, 2, 7, 64] }, (at) => {
      const shape = numbers(at, 'outer', 'n', 'inner')
      const x = bell(shape[0]! * shape[1]! * shape[2]! > 1e6 ? [2, 2, 2] : shape)
      return [x, () => reduce(x, 1)]
    }),
  ),
  operation('transpose', { rows: lengths, columns: lengths }, (at) => {
    const x = bell(numbers(at, 'rows', 'columns'))
    return [x, () => transpose(x, 0, 1)]
  }),
  operation('concatenation', { outer: lengths, n: lengths, inner: [1, 2, 7, 64] }, (at) => {
    const shape = numbers(at, 'outer', 'n', 'inner')
    const x = bell(shape[0]! * shape[1]! * shape[2]! > 1e6 ? [2, 2, 2] : shape)
    return [x, () => cat([x, x], 1)]
  }),
  ...(['CrossEntropyLoss', 'NLLLoss'] as const).map((name): Family => ({
    name,
    axes: { rows: lengths, classes: lengths },
    make(at) {
      const [rows, classes] = numbers(at, 'rows', 'classes') as [number, number]
      const x = bell([rows, classes])
      const y = tensor(
        Array.from({ length: rows }, (_, i) => i % classes),
        { dtype: 'int32' },
      )
      const criterion = new nn[name]()
      const step = capture(() => {
        criterion.forward(x, y)
        criterion.backward(x, y)
      })
      return {
        ...{ multiplyAdds: 0, bytes: 4 * bytesOf(x), calls: 1 },
        run: () => {
          step.runSync()
        },
      }
    },
  })),
]
