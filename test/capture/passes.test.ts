/** What capture makes of the calls that it recorded: fewer of them, on less memory, the same bits. */
import { expect } from 'chai'

import { liftScratch, placeValues } from '../../ts/capture/passes/values.js'
import {
  capture,
  fromTypedArray,
  getNumThreads,
  manualSeed,
  nn,
  optim,
  setNumThreads,
  Tensor,
} from '../../ts/index.js'
import { type KernelCall, run } from '../../ts/kernels/kernels.js'
import { argument } from '../../ts/kernels/operations.js'
import { reference } from '../../ts/kernels/reference/index.js'
import { stridedGeometryOf } from '../../ts/kernels/strided.js'
import { empty } from '../../ts/tensor/tensor.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { arrayOf, bell } from '../support/samples.js'

interface Net {
  readonly make: (dtype: FloatDType) => nn.Module
  readonly shape: readonly number[]
  /** The kernels of a training step, without those for loss, parameters and optimizer. */
  readonly run: string
  /** Modes and numbers that make it interesting. */
  readonly numbers?: (x: Float64Array) => void
  readonly evaluating?: boolean
}

const few = (x: Float64Array): void => {
  x.forEach((value, i) => (x[i] = Math.round(value))) // ties in every window, zeros everywhere
}
const spoiled = (x: Float64Array): void => {
  for (let i = 0; i < x.length; i += 29) x[i] = [NaN, Infinity, -Infinity, -0][(i / 29) % 4]!
}

const linear = (dtype: FloatDType, activation: nn.Module): nn.Module =>
  new nn.Sequential(
    new nn.Linear(7, 19, { dtype }),
    activation,
    new nn.Linear(19, 5, { dtype }),
    new nn.Identity(),
  )
const pooled = (dtype: FloatDType, pool: nn.Module): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(2, 3, 3, { dtype }),
    new nn.ReLU(),
    pool,
    new nn.Conv2d(3, 2, 2, { dtype }),
    new nn.Flatten(),
  )
const normalised = (dtype: FloatDType): nn.Module =>
  new nn.Sequential(
    new nn.Conv2d(2, 3, 3, { dtype }),
    new nn.BatchNorm2d(3, { dtype }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(3, 2, 2, { dtype }),
    new nn.BatchNorm2d(2, { dtype }),
    new nn.Tanh(),
    new nn.Flatten(),
  )

const [image, rows] = [
  [5, 2, 11, 9],
  [6, 7],
] as const
const dense = 'matmul:f matmul | activationGradient'
const twoCalls = 'matmul activation matmul | activationGradient'
const cnn = 'conv2d:f maxPool2d conv2d | activationGradient maxPool2dGradient'
const plainPool = 'conv2d:f maxPool2d conv2d | maxPool2dGradient activationGradient'

const nets: Readonly<Record<string, Net>> = {
  ReLU: { make: (d) => linear(d, new nn.ReLU()), shape: rows, run: dense },
  'ReLU of NaN and infinities': {
    make: (d) => linear(d, new nn.ReLU()),
    shape: rows,
    run: dense,
    numbers: spoiled,
  },
  Sigmoid: { make: (d) => linear(d, new nn.Sigmoid()), shape: rows, run: dense },
  Tanh: { make: (d) => linear(d, new nn.Tanh()), shape: rows, run: dense },
  LeakyReLU: { make: (d) => linear(d, new nn.LeakyReLU(0.1)), shape: rows, run: dense },
  'LeakyReLU of a slope of 0': {
    make: (d) => linear(d, new nn.LeakyReLU(0)),
    shape: rows,
    run: twoCalls,
  },
  'GELU, whose gradient needs its argument': {
    make: (d) => linear(d, new nn.GELU()),
    shape: rows,
    run: twoCalls,
  },
  'GELU that predicts': {
    make: (d) => linear(d, new nn.GELU()),
    shape: rows,
    run: 'matmul:f matmul |',
    evaluating: true,
  },
  'SiLU that predicts': {
    make: (d) => linear(d, new nn.SiLU()),
    shape: rows,
    run: 'matmul:f matmul |',
    evaluating: true,
  },
  'ReLU under a pooling': {
    make: (d) => pooled(d, new nn.MaxPool2d(2)),
    shape: image,
    run: cnn,
  },
  'ReLU under a pooling of few numbers': {
    make: (d) => pooled(d, new nn.MaxPool2d(2)),
    shape: image,
    run: cnn,
    numbers: few,
  },
  'ReLU under windows that overlap': {
    make: (d) => pooled(d, new nn.MaxPool2d(3, { stride: 2 })),
    shape: image,
    run: cnn,
    numbers: few,
  },
  'ReLU under windows with NaN': {
    make: (d) => pooled(d, new nn.MaxPool2d(2)),
    shape: image,
    run: cnn,
    numbers: spoiled,
  },
  'ReLU under windows with padding': {
    make: (d) => pooled(d, new nn.MaxPool2d(3, { padding: 1 })),
    shape: image,
    run: plainPool,
  },
  'a convolution by Winograd': {
    make: (dtype) =>
      new nn.Sequential(
        new nn.Conv2d(8, 16, 3, { dtype }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(16, 16, 3, { dtype }),
        new nn.ReLU(),
        new nn.Flatten(),
      ),
    shape: [4, 8, 21, 19],
    run: 'conv2d:f maxPool2d conv2d:f | activationGradient activationGradient maxPool2dGradient',
  },
  'a convolution by Winograd that predicts': {
    make: (dtype) =>
      new nn.Sequential(new nn.Conv2d(8, 16, 3, { dtype }), new nn.GELU(), new nn.Flatten()),
    shape: [4, 8, 21, 19],
    run: 'conv2d:f |',
    evaluating: true,
  },
  BatchNorm: {
    make: normalised,
    shape: image,
    run:
      'conv2d batchNorm:f maxPool2d conv2d batchNorm:f | activationGradient ' +
      'activationGradient maxPool2dGradient',
  },
  'BatchNorm that predicts': {
    make: normalised,
    shape: image,
    run: 'conv2d batchNormInference:f maxPool2d conv2d batchNormInference:f |',
    evaluating: true,
  },
}

const counted =
  /^(matmul|conv2d|activation|activationGradient|maxPool2d|maxPool2dGradient|batchNorm|batchNormInference)$/

/** The kernels that the described step runs, forward | backward; `:f` with an activation function. */
function kernelsOf(description: string): string {
  const lines = description
    .split(/^run: .*$/m)[1]!
    .trim()
    .split('\n')
  const calls = lines.map((line) => /^ *\d+ +(\w+) +(.*)$/.exec(line)!)
  const loss = calls.findIndex(([, method]) => method === 'pointwiseLoss')
  const shown = calls.map(([, method, args], i) => {
    if (!counted.test(method!) || (i > loss && ['matmul', 'conv2d'].includes(method!))) return ''
    return /\bactivation: [1-9]/.test(args!) ? `${method}:f` : method
  })
  const part = (from: number, end?: number): string =>
    shown.slice(from, end).filter(Boolean).join(' ')
  return `${part(0, loss)} | ${part(loss)}`.trim()
}

function training({ make, shape, numbers, evaluating }: Net, dtype: FloatDType) {
  manualSeed(3)
  const model = make(dtype)
  if (evaluating === true) model.eval()
  const values = Float64Array.from(
    bell(
      'float64',
      shape.reduce((a, b) => a * b),
      1,
    ),
  )
  numbers?.(values)
  const x = fromTypedArray(arrayOf(dtype, values), [...shape])
  const target = model.forward(x).clone()
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  const criterion = new nn.MSELoss()
  target.data.fill(0.5)
  const step = (): Tensor => {
    if (evaluating === true) return criterion.forward(model.forward(x), target)
    optimizer.zeroGrad()
    const prediction = model.forward(x)
    const loss = criterion.forward(prediction, target)
    model.backwardParameters(x, criterion.backward(prediction, target))
    optimizer.step()
    return loss
  }
  const state = (): unknown[] =>
    [
      ...model.parameters(),
      ...model.parameters().flatMap(({ grad }) => (grad === null ? [] : [grad])),
      ...model.buffers(),
    ].map(({ data }) => Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)))
  return { step, state }
}

describe('what capture makes of the calls', () => {
  eachBackend((backend) => {
    for (const [title, net] of Object.entries(nets)) {
      for (const dtype of ['float32', 'float64'] as const) {
        it(`the same bits with fewer calls: ${title}, ${dtype}`, () => {
          const threads = getNumThreads()
          for (const count of backend === 'native' ? [1, 2] : [1]) {
            if (backend === 'native') setNumThreads(count)
            try {
              const [eager, captured] = [training(net, dtype), training(net, dtype)]
              const step = capture(captured.step)
              expect(kernelsOf(step.describe())).to.equal(net.run)
              for (let i = 0; i < 3; i++) {
                expect(step.runSync().data).to.deep.equal(eager.step().data)
                expect(captured.state()).to.deep.equal(eager.state())
              }
            } finally {
              if (backend === 'native') setNumThreads(threads)
            }
          }
        })
      }
    }
  })

  it('keeps a result that the function returns, although an activation follows', () => {
    let hidden: Tensor | undefined
    class Peek extends nn.Module {
      protected override computeOutput(input: Tensor): Tensor {
        hidden = input
        return input
      }
      protected override computeGradInput(_: Tensor, gradOutput: Tensor): Tensor {
        return gradOutput
      }
    }
    manualSeed(1)
    const model = new nn.Sequential(
      new nn.Linear(3, 4),
      new Peek(),
      new nn.ReLU(),
      new nn.Linear(4, 2),
    )
    const x = fromTypedArray(Float32Array.of(1, -2, 3), [1, 3])
    const step = capture(() => [model.forward(x), hidden!] as const)
    const [output, inside] = step.runSync()
    expect(output.data).to.deep.equal(model.forward(x).data)
    expect(inside.data).to.deep.equal(hidden!.data)
  })
})

describe('values of a captured step', () => {
  const copy = (from: Tensor, to: Tensor): KernelCall => ({
    method: 'copy',
    args: { x: from, y: to, n: to.length },
  })
  it('takes apart what lies in the same scratch memory at different times', () => {
    const [input, output, scratch] = [4, 4, 4].map((n) => empty([n], 'float32'))
    const calls = [copy(input!, scratch!), copy(scratch!, output!), copy(input!, scratch!)]
    const { calls: lifted, values } = liftScratch(calls, new Set([scratch!.buffer]))
    expect([...values.values()]).to.deep.equal([16, 16])
    const [first, second, third] = lifted.map(
      ({ args }) => args as unknown as { x: Tensor; y: Tensor },
    )
    expect(first!.y.buffer).to.equal(second!.x.buffer)
    expect(third!.y.buffer).to.not.equal(first!.y.buffer)
    expect(first!.x.buffer).to.equal(input!.buffer)
  })

  it('leaves alone what is read before it was written, in full or in part', () => {
    const [input, output, scratch] = [4, 4, 4].map((n) => empty([n], 'float32'))
    const scratches = new Set([scratch!.buffer])
    const half = scratch!.narrow(0, 0, 2)
    for (const calls of [
      [copy(scratch!, output!), copy(input!, scratch!)],
      [copy(input!.narrow(0, 0, 2), half), copy(scratch!, output!)],
      [
        {
          method: 'affine',
          args: { x: input!, y: scratch!, n: 4, scale: 1, shift: 0 },
        } as const,
        copy(half, half),
        copy(scratch!, output!),
      ],
    ]) {
      const { calls: lifted, values } = liftScratch(calls, scratches)
      expect(values.size).to.equal(0)
      expect(lifted).to.deep.equal(calls)
    }
  })

  it('computes the same in the places that values get', () => {
    let state = 12345
    const random = (n: number): number => {
      state = (state * 1103515245 + 12345) % 2 ** 31
      return Math.floor((state / 2 ** 31) * n)
    }
    const runAll = (calls: readonly KernelCall[]): void => {
      for (const call of calls) run(reference, call)
    }
    let together = 0
    for (let round = 0; round < 100; round++) {
      const memory = Array.from({ length: 6 }, () => empty([20 + 20 * random(3)], 'float32'))
      const written = new Set<Tensor>()
      const sinks: Tensor[] = []
      const calls = Array.from({ length: 40 }, (): KernelCall => {
        const to = memory[random(memory.length)]!
        const from = memory.find((piece) => written.has(piece) && piece.length === to.length)
        const kind = random(5)
        if (kind === 0 && written.has(to)) {
          const sink = empty([to.length], 'float32')
          sinks.push(sink)
          return copy(to, sink)
        }
        written.add(to)
        if (kind === 1 || from === undefined) {
          const source = fromTypedArray(Float32Array.from(to.elements, () => random(1000)))
          return copy(source, to)
        }
        if (kind === 2 && from !== to) {
          // The matrix of 4 columns, transposed.
          const [rows, cols] = [to.length / 4, 4]
          const geometry = stridedGeometryOf([rows, cols], [cols, 1], [1, rows], 0, 0)
          return { method: 'copyStrided', args: { x: from, out: to, geometry } }
        }
        // In the place of what it reads, or elsewhere.
        return { method: 'affine', args: { x: from, y: to, n: to.length, scale: 3, shift: 1 } }
      })
      const lifted = liftScratch(calls, new Set(memory.map(({ buffer }) => buffer)))
      const placed = placeValues(lifted)
      const arenas = new Set<ArrayBuffer>()
      lifted.calls.forEach(({ args }, i) => {
        Object.entries(args).forEach(([name, arg]) => {
          if (!(arg instanceof Tensor) || !lifted.values.has(arg.buffer)) return
          const { buffer, byteOffset } = argument(placed[i]!, name) as Tensor
          arenas.add(buffer)
          expect(byteOffset % 64).to.equal(0)
        })
      })
      expect(arenas.size).to.be.at.most(1)
      const [arena] = arenas
      const bytes = [...lifted.values.values()].reduce((sum, size) => sum + size, 0)
      if (arena !== undefined && arena.byteLength < bytes) together++
      runAll(calls)
      const expected = sinks.map(({ data }) => Array.from(data))
      for (const { data } of sinks) data.fill(-1)
      if (arena !== undefined) new Uint8Array(arena).fill(0xff)
      runAll(placed)
      expect(sinks.map(({ data }) => Array.from(data))).to.deep.equal(expected)
    }
    expect(together, 'memory was shared').to.be.greaterThan(90)
  })

  it('a deep network needs memory for its forward pass and little more', () => {
    const layers = Array.from({ length: 12 }, () => [new nn.Linear(64, 64), new nn.ReLU()]).flat()
    const model = new nn.Sequential(...layers)
    const x = empty([512, 64], 'float32')
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const step = capture(() => {
      optimizer.zeroGrad()
      const prediction = model.forward(x)
      model.backwardParameters(x, prediction)
      optimizer.step()
    })
    const mebibytes = Number(/run: .* on ([\d.]+) MiB/.exec(step.describe())![1])
    // Results of 512 x 64 numbers are 1/8 MiB. The last lies outside of the container; 11 others wait
    // for the backward pass, which adds two at a time. Weights and gradients: 12 x 2 x 1/64 MiB.
    expect(mebibytes).to.be.lessThan((11 + 2 + 2 + 1) / 8 + (12 * 2) / 64 + 0.1)
  })
})
