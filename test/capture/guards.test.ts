/** Where the passes over a recorded step must leave its calls as they are: one case for each condition. */
import { expect } from 'chai'

import { fuseActivations } from '../../ts/capture/passes/fuse-activation.js'
import { maskBeforePool } from '../../ts/capture/passes/mask-before-pool.js'
import { liftScratch, placeValues, type Values } from '../../ts/capture/passes/values.js'
import { Tensor } from '../../ts/index.js'
import { ActivationKind, BinaryKind, Broadcast } from '../../ts/kernels/kernels.js'
import type { Pool2dGeometry } from '../../ts/kernels/pool2d.js'
import { argument, type KernelCall, type KernelName } from '../../ts/kernels/operations.js'
import { empty } from '../../ts/tensor/tensor.js'

const { relu, sigmoid, leakyRelu, identity } = ActivationKind

/** Passes look at what a case is about; what else a kernel takes is left out. */
const call = (method: KernelName, args: object): KernelCall => ({ method, args }) as KernelCall
const copied = (from: Tensor, to: Tensor): KernelCall =>
  call('copy', { x: from, y: to, n: to.length })

/** The intermediate results of a step, as passes see them. */
class Step {
  readonly values: Values = new Map()
  /** One of `length` elements. */
  value(length: number): Tensor {
    const buffer = new ArrayBuffer(0)
    this.values.set(buffer, 4 * length)
    return new Tensor(buffer, 0, [length], 'float32', length)
  }
  /** A part of one. */
  part({ buffer }: Tensor, start: number, length: number): Tensor {
    return new Tensor(buffer, 4 * start, [length], 'float32', length)
  }
}

const own = (length: number): Tensor => empty([length], 'float32')

describe('an activation function stays a call of its own', () => {
  /** x = a b; y = f(x); gx = gy f'(x) */
  function chain(kind: ActivationKind = relu, parameter = 0) {
    const step = new Step()
    const [x, y, gx, gy] = [step.value(6), step.value(6), step.value(6), step.value(6)]
    const [a, b] = [own(6), own(4)]
    const product = call('matmul', { a, b, out: x, m: 3, n: 2, k: 2 })
    const forward = call('activation', { kind, x, y, n: 6, parameter })
    const backward = call('activationGradient', {
      kind,
      x,
      y,
      gradY: gy,
      gradX: gx,
      n: 6,
      parameter,
    })
    return { step, x, y, gx, gy, a, b, product, forward, backward }
  }
  type Chain = ReturnType<typeof chain>

  const cases: Readonly<Record<string, (of: Chain) => readonly KernelCall[]>> = {
    'where its argument is no intermediate result': (of) => {
      of.step.values.delete(of.x.buffer)
      return [of.product, of.forward, of.backward]
    },
    'where it is that of a part': ({ product, x, y }) => [
      product,
      call('activation', { kind: relu, x, y, n: 5, parameter: 0 }),
    ],
    'where its argument is made by a kernel without a place for it': ({ x, a, forward }) => [
      copied(a, x),
      forward,
    ],
    'where its argument is a part of the product': ({ product, step, x, y }) => [
      product,
      call('activation', { kind: relu, x: step.part(x, 0, 3), y, n: 3, parameter: 0 }),
    ],
    'where the product has one already': ({ a, b, x, forward }) => [
      call('matmul', { a, b, out: x, m: 3, n: 2, k: 2, activation: sigmoid }),
      forward,
    ],
    'where its argument is the bias of a product': ({ a, b, x, step, forward }) => [
      call('matmul', { a, b, out: step.value(6), m: 3, n: 2, k: 2, bias: x }),
      forward,
    ],
    'where the convolution has one already': ({ a, b, x, forward }) => [
      call('conv2d', {
        x: a,
        weight: b,
        bias: null,
        out: x,
        geometry: {},
        activation: sigmoid,
        parameter: 0,
      }),
      forward,
    ],
    'where its argument is what is convolved': ({ b, x, step, forward }) => [
      call('conv2d', {
        x,
        weight: b,
        bias: null,
        out: step.value(6),
        geometry: {},
        activation: identity,
        parameter: 0,
      }),
      forward,
    ],
    'where another kernel reads its argument': ({ product, x, forward }) => [
      product,
      forward,
      copied(x, own(6)),
    ],
    'where a kernel like its gradient does': ({ product, x, y, gx, gy, forward }) => [
      product,
      forward,
      call('pointwiseLoss', { kind: relu, x, y, weight: gy, positive: gx, loss: 6, n: 0 }),
    ],
    'where the gradient is that of another function': ({ product, x, y, gx, gy, forward }) => [
      product,
      forward,
      call('activationGradient', { kind: sigmoid, x, y, gradY: gy, gradX: gx, n: 6, parameter: 0 }),
    ],
    'where the gradient is that of a part': ({ product, step, x, y, gx, gy, forward }) => [
      product,
      forward,
      call('activationGradient', {
        kind: relu,
        x: step.part(x, 0, 3),
        y,
        gradY: gy,
        gradX: gx,
        n: 3,
        parameter: 0,
      }),
    ],
    'where the gradient goes by another result': ({ product, step, x, gx, gy, forward }) => [
      product,
      forward,
      call('activationGradient', {
        kind: relu,
        x,
        y: step.value(6),
        gradY: gy,
        gradX: gx,
        n: 6,
        parameter: 0,
      }),
    ],
    'where its argument is the gradient, too': ({ product, x, y, gx, forward }) => [
      product,
      forward,
      call('activationGradient', { kind: relu, x, y, gradY: x, gradX: gx, n: 6, parameter: 0 }),
    ],
    'where the place of its result is read before': ({ product, y, forward }) => [
      product,
      copied(y, own(6)),
      forward,
    ],
    'where the product reads the place of its result': ({ b, x, y, forward }) => [
      call('matmul', { a: y, b, out: x, m: 3, n: 2, k: 2 }),
      forward,
    ],
  }

  it('but joins the product otherwise', () => {
    const { step, product, forward, backward, y } = chain()
    const [fused, gradient, ...others] = fuseActivations([product, forward, backward], step.values)
    expect(others).to.deep.equal([])
    expect(fused!.args).to.deep.equal({ ...product.args, out: y, activation: relu, parameter: 0 })
    expect(gradient!.args).to.deep.equal({ ...backward.args, x: y })
  })

  for (const [what, make] of Object.entries(cases)) {
    it(what, () => {
      const of = chain()
      const calls = make(of)
      expect(fuseActivations(calls, of.step.values)).to.deep.equal(calls)
    })
  }

  it('where the gradient cannot follow from the result', () => {
    const { step, product, forward, backward } = chain(leakyRelu, 0)
    const calls = [product, forward, backward]
    expect(fuseActivations(calls, step.values)).to.deep.equal(calls)
    expect(fuseActivations(calls.slice(0, 2), step.values)).to.have.length(1)
  })

  it('where the gradient has another parameter', () => {
    const { step, product, forward, x, y, gx, gy } = chain(leakyRelu, 0.1)
    const calls = [
      product,
      forward,
      call('activationGradient', {
        kind: leakyRelu,
        x,
        y,
        gradY: gy,
        gradX: gx,
        n: 6,
        parameter: 0.2,
      }),
    ]
    expect(fuseActivations(calls, step.values)).to.deep.equal(calls)
  })
})

describe('the gradient of a ReLU stays behind that of a pooling', () => {
  const plain: Pool2dGeometry = {
    planes: 1,
    inHeight: 4,
    inWidth: 4,
    outHeight: 2,
    outWidth: 2,
    kernelHeight: 2,
    kernelWidth: 2,
    strideHeight: 2,
    strideWidth: 2,
    padTop: 0,
    padLeft: 0,
    dilationHeight: 1,
    dilationWidth: 1,
  }

  /** pooled = pool(y); gy = its gradient; gx = gy where y > 0 */
  function chain() {
    const step = new Step()
    const [y, pooled, index] = [step.value(16), step.value(4), step.value(4)]
    const [gradPooled, gy, gx] = [step.value(4), step.value(16), step.value(16)]
    const pool = call('maxPool2d', { x: y, out: pooled, index, geometry: plain })
    const unpool = call('maxPool2dGradient', {
      gradOut: gradPooled,
      index,
      gradX: gy,
      geometry: plain,
    })
    const masked = call('activationGradient', {
      kind: relu,
      x: y,
      y,
      gradY: gy,
      gradX: gx,
      n: 16,
      parameter: 0,
    })
    return { step, y, pooled, index, gradPooled, gy, gx, pool, unpool, masked }
  }
  type Chain = ReturnType<typeof chain>

  const withGeometry =
    (changes: Partial<Pool2dGeometry>) =>
    ({ y, pooled, index, gradPooled, gy, masked }: Chain): KernelCall[] => [
      call('maxPool2d', { x: y, out: pooled, index, geometry: { ...plain, ...changes } }),
      call('maxPool2dGradient', {
        gradOut: gradPooled,
        index,
        gradX: gy,
        geometry: { ...plain, ...changes },
      }),
      masked,
    ]
  const withoutValue =
    (name: 'gy' | 'y' | 'pooled' | 'index') =>
    (of: Chain): KernelCall[] => {
      of.step.values.delete(of[name].buffer)
      return [of.pool, of.unpool, of.masked]
    }
  const overwriting =
    (name: 'y' | 'pooled' | 'index') =>
    (of: Chain): KernelCall[] => [of.pool, copied(own(4), of[name]), of.unpool, of.masked]

  const cases: Readonly<Record<string, (of: Chain) => readonly KernelCall[]>> = {
    'where it is that of another function': ({ pool, unpool, y, gy, gx }) => [
      pool,
      unpool,
      call('activationGradient', {
        kind: sigmoid,
        x: y,
        y,
        gradY: gy,
        gradX: gx,
        n: 16,
        parameter: 0,
      }),
    ],
    'where it is that of a part': ({ pool, unpool, y, gy, gx }) => [
      pool,
      unpool,
      call('activationGradient', {
        kind: relu,
        x: y,
        y,
        gradY: gy,
        gradX: gx,
        n: 15,
        parameter: 0,
      }),
    ],
    'where the gradient is no intermediate result': withoutValue('gy'),
    'where the result of the ReLU is none': withoutValue('y'),
    'where what was pooled is none': withoutValue('pooled'),
    'where the places are none': withoutValue('index'),
    'where the gradient is read elsewhere, too': ({ pool, unpool, masked, gy }) => [
      pool,
      unpool,
      masked,
      copied(gy, own(16)),
    ],
    'where the gradient comes from another kernel': ({ pool, gradPooled, index, gy, masked }) => [
      pool,
      call('gather', { src: gradPooled, index, out: gy, srcRows: plain }),
      masked,
    ],
    'where it is a part of that of the pooling': ({ pool, unpool, step, y, gy, gx }) => [
      pool,
      unpool,
      call('activationGradient', {
        kind: relu,
        x: y,
        y,
        gradY: step.part(gy, 0, 8),
        gradX: gx,
        n: 8,
        parameter: 0,
      }),
    ],
    'where no pooling is there': ({ unpool, masked }) => [unpool, masked],
    'where the pooling comes later': ({ pool, unpool, masked }) => [unpool, pool, masked],
    'where another kernel made the places': ({ y, pooled, index, unpool, masked }) => [
      call('gather', { src: y, index: pooled, out: index, srcRows: plain }),
      unpool,
      masked,
    ],
    'where the pooling made other places': ({ step, y, pooled, unpool, masked }) => [
      call('maxPool2d', { x: y, out: pooled, index: step.value(4), geometry: plain }),
      unpool,
      masked,
    ],
    'where something else was pooled': ({ step, pooled, index, unpool, masked }) => [
      call('maxPool2d', { x: step.value(16), out: pooled, index, geometry: plain }),
      unpool,
      masked,
    ],
    'under a padding above': withGeometry({ padTop: 1 }),
    'under a padding at the left': withGeometry({ padLeft: 1 }),
    'under windows that begin below the image': withGeometry({ outHeight: 3 }),
    'under windows that begin right of the image': withGeometry({ outWidth: 3 }),
    'where the result of the ReLU is overwritten': overwriting('y'),
    'where what was pooled is overwritten': overwriting('pooled'),
    'where the places are overwritten': overwriting('index'),
    'where the place of its result is read before it': ({ pool, unpool, masked, gx }) => [
      pool,
      unpool,
      copied(gx, own(16)),
      masked,
    ],
    'where the place of its result is written before it': ({ pool, unpool, masked, gx }) => [
      pool,
      unpool,
      copied(own(16), gx),
      masked,
    ],
  }

  it('but comes before it otherwise', () => {
    const { step, pool, unpool, masked, gx, pooled, gradPooled } = chain()
    const calls = maskBeforePool([pool, unpool, masked], step.values)
    expect(calls.map(({ method }) => method)).to.deep.equal([
      'maxPool2d',
      'activationGradient',
      'maxPool2dGradient',
    ])
    const [, gradient, unpooled] = calls
    expect(gradient!.args).to.include({ x: pooled, y: pooled, gradY: gradPooled })
    expect(argument(unpooled!, 'gradOut')).to.equal(argument(gradient!, 'gradX'))
    expect(argument(unpooled!, 'gradX')).to.equal(gx)
  })

  for (const [what, make] of Object.entries(cases)) {
    it(what, () => {
      const of = chain()
      const calls = make(of)
      const before = of.step.values.size
      expect(maskBeforePool(calls, of.step.values)).to.deep.equal(calls)
      expect(of.step.values.size).to.equal(before)
    })
  }
})

describe('a result has a place of its own', () => {
  const [input, output] = [own(16), own(16)]

  /** Where the operand and the result of the second call lie. */
  function places(calls: readonly KernelCall[], scratch: readonly Tensor[]) {
    const lifted = liftScratch(calls, new Set(scratch.map(({ buffer }) => buffer)))
    const placed = placeValues(lifted)
    const at = (i: number, name: string): number =>
      (argument(placed[i]!, name) as Tensor).byteOffset
    return { at, lifted }
  }

  it('but goes over an operand that is needed no more', () => {
    const [x, y] = [own(16), own(16)]
    const { at } = places(
      [copied(input, x), call('affine', { x, y, n: 16, scale: 2, shift: 0 }), copied(y, output)],
      [x, y],
    )
    expect(at(1, 'x')).to.equal(at(1, 'y'))
  })

  it('where the operand is read in two ways', () => {
    // Each row plus the first one, which the first row of the result would replace.
    const [x, y] = [own(16), own(16)]
    const sum = call('binary', {
      kind: BinaryKind.add,
      broadcast: Broadcast.row,
      a: x,
      b: x.narrow(0, 0, 4),
      out: y,
      rows: 4,
      cols: 4,
    })
    const { at } = places([copied(input, x), sum, copied(y, output)], [x, y])
    expect(at(1, 'a')).to.not.equal(at(1, 'out'))
  })

  for (const [what, from, to] of [
    ['where it is smaller than what its operand is a part of', [8, 16], [0, 8]],
    ['where its operand is a part', [8, 16], [0, 16]],
    ['where it is larger', [0, 8], [0, 16]],
  ] as const) {
    it(what, () => {
      const [x, y] = [own(from[1]), own(to[1])]
      const half = call('affine', { x: x.narrow(0, from[0], 8), y, n: 8, scale: 2, shift: 0 })
      const calls = [
        copied(input.narrow(0, 0, from[1]), x),
        half,
        copied(y, output.narrow(0, 0, to[1])),
      ]
      const { at } = places(calls, [x, y])
      expect(at(1, 'y')).to.not.equal(at(0, 'y'))
    })
  }

  it('where its operand is read again', () => {
    const [x, y] = [own(16), own(16)]
    const twice = call('affine', { x, y, n: 16, scale: 2, shift: 0 })
    const { at } = places([copied(input, x), twice, copied(x, output), copied(y, output)], [x, y])
    expect(at(1, 'x')).to.not.equal(at(1, 'y'))
  })

  it('and stays in its memory where what is read begins before what was written', () => {
    const x = own(16)
    const calls = [
      copied(input.narrow(0, 0, 8), x.narrow(0, 8, 8)),
      copied(x.narrow(0, 4, 12), output),
    ]
    const { lifted } = places(calls, [x])
    expect(lifted.calls).to.deep.equal(calls)
    expect(lifted.values.size).to.equal(0)
  })

  it('where a call writes several into one memory, each by itself', () => {
    const x = own(16)
    const [pooled, index] = [x.narrow(0, 0, 4), x.narrow(0, 4, 4)]
    const pool = call('maxPool2d', { x: input, out: pooled, index, geometry: {} })
    for (const [calls, count] of [
      [[pool, copied(index, output.narrow(0, 0, 4))], 2],
      [[pool, copied(pooled, output.narrow(0, 0, 4))], 0],
    ] as const) {
      expect(places(calls, [x]).lifted.values.size).to.equal(count)
    }
  })

  it('unless it is not there at all', () => {
    const x = own(4)
    const calls = [call('maxPool2d', { x: input, out: x, index: null, geometry: {} })]
    expect(liftScratch(calls, new Set([x.buffer])).values.size).to.equal(1)
  })
})
