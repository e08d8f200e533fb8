/**
 * The statements of the course document about a framework in PyTorch's manner, one by one and in its
 * order, through the public API; then its last cell. The formulas stand here once more in plain loops.
 */
import { expect } from 'chai'

import {
  setting,
  sameState,
  trainByFit,
  trainByLoop,
} from '../../examples/courses/003-framework/training.js'
import {
  data,
  Generator,
  getBackend,
  log,
  manualSeed,
  nn,
  ones,
  optim,
  randn,
  softmax,
  type Tensor,
  tensor,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { gradcheck } from '../support/gradcheck.js'

const generator = new Generator(3)
const f64 = { dtype: 'float64' } as const
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })

const [B, N, M] = [6, 5, 4]
const rowsOf = (x: Tensor): number[][] => x.toArray() as number[][]
const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const columns = <T>(count: number, column: (j: number) => T): T[] =>
  Array.from({ length: count }, (_, j) => column(j))

/**
 * Both sides sum up at most 16 terms of magnitudes up to `size` in an order of their own, with a few
 * roundings for functions and divisions: 32 roundings of float64.
 */
function expectClose(actual: unknown, expected: unknown, size = 1): void {
  const [flat, wanted] = [actual, expected].map((value) => [value].flat(3) as number[])
  expect(flat).to.have.length(wanted!.length)
  for (const [i, value] of wanted!.entries()) {
    const bound = 32 * 2 ** -53 * Math.max(size, Math.abs(value))
    expect(flat![i], `element ${i}`).to.be.closeTo(value, bound)
  }
}

describe('course 003: a framework in the manner of PyTorch', () => {
  eachBackend(() => {
    describe('0. Module', () => {
      it('keeps its output and adds up gradients until zeroGrad', () => {
        const layer = new nn.Linear(N, M, { ...f64, generator })
        const [x, g] = [random(B, N), random(B, M)]
        expect(layer.forward(x)).to.equal(layer.output)
        layer.backward(x, g)
        const once = layer.weight.grad!.toArray()
        layer.backward(x, g)
        expect(Array.from(layer.weight.grad!.data)).to.deep.equal(
          (once as number[][]).flat().map((value) => 2 * value),
        )
        layer.zeroGrad()
        expect(layer.weight.grad).to.equal(null)
        layer.backward(x, g)
        expect(layer.weight.grad!.toArray()).to.deep.equal(once)
      })

      it('changes the mode of all modules inside by train and eval', () => {
        const model = new nn.Sequential(
          new nn.Dropout(0.5),
          new nn.Sequential(new nn.BatchNorm1d(2)),
        )
        const modes = (): boolean[] => model.modules().map(({ training }) => training)
        expect(modes()).to.deep.equal([true, true, true, true])
        model.eval()
        expect(modes()).to.deep.equal([false, false, false, false])
        model.train()
        expect(modes()).to.deep.equal([true, true, true, true])
      })
    })

    it('1. Linear: y = x Wᵀ + b for x (B, N), y (B, M)', () => {
      const layer = new nn.Linear(N, M, { ...f64, generator })
      const x = random(B, N)
      const [weight, bias] = [rowsOf(layer.weight), layer.bias!.toArray() as number[]]
      const expected = rowsOf(x).map((row) =>
        weight.map((w, j) => sumOf(w.map((value, k) => value * row[k]!)) + bias[j]!),
      )
      expectClose(layer.forward(x).toArray(), expected, 16)
      gradcheck(layer, x, random(B, M))
    })

    describe('2. BatchNormalization', () => {
      const mean = (x: Tensor, j: number): number => sumOf(rowsOf(x).map((row) => row[j]!)) / B
      /** Divided by B: the biased one. */
      const variance = (x: Tensor, j: number): number =>
        sumOf(rowsOf(x).map((row) => (row[j]! - mean(x, j)) ** 2)) / B
      const eps = 1e-5
      const momentum = 0.1
      const layerOf = (): nn.BatchNorm1d => {
        const layer = new nn.BatchNorm1d(N).to('float64')
        for (const parameter of layer.parameters()) parameter.data.set(random(N).data)
        return layer
      }
      const affine = (layer: nn.BatchNorm1d, normal: number[][]): number[][] =>
        normal.map((row) => row.map((v, j) => v * layer.weight!.data[j]! + layer.bias!.data[j]!))

      it('normalises by the biased variance of the batch, and runs with the unbiased one', () => {
        const layer = layerOf()
        const x = random(B, N)
        const normal = rowsOf(x).map((row) =>
          row.map((v, j) => (v - mean(x, j)) / Math.sqrt(variance(x, j) + eps)),
        )
        expectClose(layer.forward(x).toArray(), affine(layer, normal), 16)
        expectClose(
          layer.runningMean!.toArray(),
          columns(N, (j) => momentum * mean(x, j)),
        )
        expectClose(
          layer.runningVar!.toArray(),
          columns(N, (j) => 1 - momentum + momentum * (B / (B - 1)) * variance(x, j)),
        )
      })

      it('normalises by the running statistics in evaluation mode, and leaves them', () => {
        const layer = layerOf()
        layer.forward(random(B, N))
        const [means, variances] = [layer.runningMean!.toArray(), layer.runningVar!.toArray()] as [
          number[],
          number[],
        ]
        const x = random(B, N)
        const output = layer.eval().forward(x)
        const normal = rowsOf(x).map((row) =>
          row.map((v, j) => (v - means[j]!) / Math.sqrt(variances[j]! + eps)),
        )
        expectClose(output.toArray(), affine(layer, normal), 16)
        expect(layer.runningMean!.toArray()).to.deep.equal(means)
        expect(layer.runningVar!.toArray()).to.deep.equal(variances)
      })

      it('trains weight and bias alone, and has the gradients of both modes', () => {
        const layer = layerOf()
        expect(Array.from(layer.namedParameters(), ([name]) => name)).to.deep.equal([
          'weight',
          'bias',
        ])
        gradcheck(layer, random(B, N), random(B, N))
        gradcheck(layer.eval(), random(B, N), random(B, N))
        expect(new nn.BatchNorm1d(N, { affine: false }).parameters()).to.deep.equal([])
      })
    })

    describe('3. Dropout', () => {
      const p = 0.3

      it('gives m x / (1 - p) with a mask of its own for each pass', () => {
        const layer = new nn.Dropout(p, { generator: new Generator(5) })
        const n = 40_000
        const x = ones([n], f64)
        const outputs = [layer.forward(x), layer.forward(x)]
        for (const output of outputs) {
          const kept = output.data.filter((value) => value !== 0)
          expect(new Set(kept)).to.deep.equal(new Set([1 / (1 - p)]))
          // The mean of the inputs, 1, within 5 standard deviations of sqrt(p / (1 - p) / n).
          expect(sumOf(Array.from(output.data)) / n).to.be.closeTo(
            1,
            5 * Math.sqrt(p / (1 - p) / n),
          )
        }
        expect(outputs[0]!.toArray()).not.to.deep.equal(outputs[1]!.toArray())
      })

      it('goes back through the mask of the forward pass', () => {
        const layer = new nn.Dropout(p, { generator: new Generator(5) })
        const x = random(B, N)
        const mask = rowsOf(layer.forward(x)).map((row) =>
          row.map((v) => (v === 0 ? 0 : 1 / (1 - p))),
        )
        expect(layer.backward(x, ones([B, N], f64)).toArray()).to.deep.equal(mask)
      })

      it('changes nothing in evaluation mode, there and back', () => {
        const layer = new nn.Dropout(p).eval()
        const [x, g] = [random(B, N), random(B, N)]
        expect(layer.forward(x).toArray()).to.deep.equal(x.toArray())
        expect(layer.backward(x, g).toArray()).to.deep.equal(g.toArray())
      })
    })

    describe('4. Activation functions', () => {
      const exps = (row: number[]): number[] => row.map((v) => Math.exp(v))
      const formulas: [string, nn.Module, (row: number[]) => number[]][] = [
        ['ReLU', new nn.ReLU(), (row) => row.map((v) => Math.max(v, 0))],
        ['Sigmoid', new nn.Sigmoid(), (row) => row.map((v) => 1 / (1 + Math.exp(-v)))],
        ['Softmax', new nn.Softmax(), (row) => exps(row).map((e) => e / sumOf(exps(row)))],
        [
          'LogSoftmax',
          new nn.LogSoftmax(),
          (row) => row.map((v) => v - Math.log(sumOf(exps(row)))),
        ],
      ]
      for (const [name, module, formula] of formulas) {
        it(`${name} has its formula and gradient`, () => {
          const x = random(B, N)
          expectClose(module.forward(x).toArray(), rowsOf(x).map(formula), 4)
          gradcheck(module, x, random(B, N))
        })
      }

      it('LogSoftmax is exact where the logarithm of Softmax is -∞', () => {
        const x = tensor([[0, 1e4, -1e4]], f64)
        expect(new nn.LogSoftmax().forward(x).toArray()).to.deep.equal([[-1e4, 0, -2e4]])
        expect(log(softmax(x)).toArray()).to.deep.equal([[-Infinity, 0, -Infinity]])
      })
    })

    it('5. Sequential: one layer after the other, and back', () => {
      const layers = [
        new nn.Linear(N, 7, { ...f64, generator }),
        new nn.Sigmoid(),
        new nn.Linear(7, M, { ...f64, generator }),
      ]
      const [x, g] = [random(B, N), random(B, M)]
      const inputs = [x]
      for (const layer of layers) inputs.push(layer.forward(inputs.at(-1)!))
      const gradient = layers.reduceRight((grad, layer, i) => layer.backward(inputs[i]!, grad), g)
      const model = new nn.Sequential(...layers)
      expect(model.forward(x).toArray()).to.deep.equal(inputs.at(-1)!.toArray())
      expect(model.backward(x, g).toArray()).to.deep.equal(gradient.toArray())
    })

    describe('6. Criteria', () => {
      it('MSE is the mean over all B N elements, its gradient 2 (f - y) / B N', () => {
        const [f, y] = [random(B, N), random(B, N)]
        const criterion = new nn.MSELoss()
        const differences = Array.from(f.data, (v, i) => v - y.data[i]!)
        const squares = differences.map((d) => d * d)
        expectClose(criterion.forward(f, y).item(), sumOf(squares) / (B * N), 4)
        expectClose(
          (criterion.backward(f, y).toArray() as number[][]).flat(),
          differences.map((d) => (2 * d) / (B * N)),
        )
      })

      it('cross entropy is the mean of -log p of the right classes, its gradient (p - [c = y]) / B', () => {
        const f = random(B, N)
        const y = tensor([0, 4, 1, 2, 3, 4], { dtype: 'int32' })
        const criterion = new nn.CrossEntropyLoss()
        const p = rowsOf(softmax(f))
        const losses = p.map((row, i) => -Math.log(row[y.data[i]!]!))
        expectClose(criterion.forward(f, y).item(), sumOf(losses) / B, 8)
        expectClose(
          criterion.backward(f, y).toArray(),
          p.map((row, i) => row.map((v, c) => (v - (c === y.data[i] ? 1 : 0)) / B)),
        )
      })

      it('cross entropy is stable: logits may be any numbers', () => {
        const f = tensor([[0, 1e4, -1e4]], f64)
        const criterion = new nn.CrossEntropyLoss()
        for (const [target, loss, gradient] of [
          [0, 1e4, [-1, 1, 0]],
          [1, 0, [0, 0, 0]],
          [2, 2e4, [0, 1, -1]],
        ] as const) {
          const y = tensor([target], { dtype: 'int32' })
          expect(criterion.forward(f, y).item()).to.equal(loss)
          expect(
            rowsOf(criterion.backward(f, y))
              .flat()
              .map((v) => v + 0),
          ).to.deep.equal(gradient)
        }
      })
    })

    describe('7. Optimizers', () => {
      const lr = 0.05
      const start = [1, -2, 3]
      const gradients = Array.from({ length: 6 }, () => Array.from(random(3).data))

      /** The parameter after all gradients. */
      function run(make: (parameters: nn.Parameter[]) => optim.SGD | optim.Adam): number[] {
        const parameter = new nn.Parameter(tensor(start, f64))
        const optimizer = make([parameter])
        for (const gradient of gradients) {
          optimizer.zeroGrad()
          parameter.addGrad(tensor(gradient, f64))
          optimizer.step()
        }
        return Array.from(parameter.data)
      }

      /** PyTorch's pseudocode for one element. */
      function sgd(i: number, momentum: number, weightDecay: number, nesterov: boolean): number {
        let [w, b] = [start[i]!, 0]
        gradients.forEach((gradient, t) => {
          const g = gradient[i]! + weightDecay * w
          b = t === 0 ? g : momentum * b + g
          w -= lr * (nesterov ? g + momentum * b : momentum === 0 ? g : b)
        })
        return w
      }

      for (const [momentum, weightDecay, nesterov] of [
        [0, 0, false],
        [0.9, 0, false],
        [0.9, 0.1, true],
      ] as const) {
        const options = { lr, momentum, weightDecay, nesterov }
        it(`SGD ${JSON.stringify(options)}`, () => {
          expectClose(
            run((parameters) => new optim.SGD(parameters, options)),
            columns(3, (i) => sgd(i, momentum, weightDecay, nesterov)),
            4,
          )
        })
      }

      for (const weightDecay of [0, 0.1]) {
        it(`Adam with weightDecay ${weightDecay}`, () => {
          const [beta1, beta2, eps] = [0.8, 0.95, 1e-6]
          const expected = columns(3, (i) => {
            let [w, m, v] = [start[i]!, 0, 0]
            gradients.forEach((gradient, t) => {
              const g = gradient[i]! + weightDecay * w
              m = beta1 * m + (1 - beta1) * g
              v = beta2 * v + (1 - beta2) * g * g
              const [mHat, vHat] = [m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))]
              w -= (lr * mHat) / (Math.sqrt(vHat) + eps)
            })
            return w
          })
          const options = { lr, betas: [beta1, beta2], eps, weightDecay } as const
          expectClose(
            run((parameters) => new optim.Adam(parameters, options)),
            expected,
            4,
          )
        })
      }
    })

    describe('8. DataLoader', () => {
      const n = 23
      const x = tensor(Array.from({ length: n }, (_, i) => [i, n - i]))
      const targets: [string, Tensor, number[]][] = [
        [
          '(n)',
          tensor(
            Array.from({ length: n }, (_, i) => 10 * i),
            { dtype: 'int32' },
          ),
          [8],
        ],
        ['(n, 1)', tensor(Array.from({ length: n }, (_, i) => [10 * i])), [8, 1]],
      ]
      for (const [what, y, batchShape] of targets) {
        it(`makes batches of targets of shape ${what}`, () => {
          const loader = new data.DataLoader([x, y], { batchSize: 8, shuffle: true })
          expect([loader.numSamples, loader.length]).to.deep.equal([n, 3])
          const seen: number[] = []
          const sizes = Array.from(loader, ([features, labels]) => {
            expect(labels.shape).to.deep.equal([features.shape[0], ...batchShape.slice(1)])
            labels.data.forEach((label, i) => {
              expect([features.data[2 * i], features.data[2 * i + 1]]).to.deep.equal([
                label / 10,
                n - label / 10,
              ])
              seen.push(label / 10)
            })
            return labels.shape[0]
          })
          expect(sizes).to.deep.equal([8, 8, 7])
          expect(seen.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: n }, (_, i) => i))
        })
      }

      it('shuffles anew in each epoch, or never', () => {
        manualSeed(1)
        const order = (loader: data.DataLoader<[Tensor, Tensor]>): number[] =>
          Array.from(loader, ([features]) => rowsOf(features).map(([first]) => first!)).flat()
        const y = zeros([n])
        const shuffled = new data.DataLoader([x, y] as [Tensor, Tensor], {
          batchSize: 5,
          shuffle: true,
        })
        const [first, second] = [order(shuffled), order(shuffled)]
        const natural = Array.from({ length: n }, (_, i) => i)
        expect(first).not.to.deep.equal(second)
        expect(first).not.to.deep.equal(natural)
        const plain = new data.DataLoader([x, y] as [Tensor, Tensor], { batchSize: 5 })
        expect([order(plain), order(plain)]).to.deep.equal([natural, natural])
      })
    })
  })

  it('all together: the last cell, by its own loop and by fit', async function () {
    this.timeout(120_000)
    // A hundred epochs take a second on the native backend, a minute on the reference: there twenty.
    const epochs = getBackend() === 'native' ? 100 : 20
    const byLoop = setting(42)
    const losses = trainByLoop(byLoop, epochs, () => undefined)
    expect(losses.test).to.be.below(0.35)
    // which is no accident of a constant: that would lose the variance of y, 8 (1 - e^-2) / 2 = 3.46
    expect(losses.train).to.be.below(0.6)

    const byFit = setting(42)
    const { mode, last } = await trainByFit(byFit, epochs)
    expect(mode).to.equal('captured')
    expect([last['loss'], last['valLoss']]).to.deep.equal([losses.train, losses.test])
    expect(sameState(byLoop.model, byFit.model)).to.equal(true)
  })
})
