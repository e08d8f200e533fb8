/**
 * The course document about hand-derived layers: its three tasks with corrected derivatives, each held
 * against central differences. Where the document's own code slips, what it computes is written down
 * here and shown to be something else.
 */
import { expect } from 'chai'

import { ConvAvgPool2d } from '../../examples/courses/002-hand-derived-layers/conv-avg-pool2d.js'
import {
  chunk,
  data,
  type FloatDType,
  fit,
  Generator,
  nn,
  ones,
  optim,
  randn,
  ShapeError,
  summary,
  type Tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { gradcheck, inner, numericGradient } from '../support/gradcheck.js'

const f64 = { dtype: 'float64' } as const
const unit = { float32: 2 ** -24, float64: 2 ** -53 } as const
const generator = new Generator(2)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })
const rowsOf = (x: Tensor): number[][] => x.toArray() as number[][]
const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Central differences err by 1e-11 (see gradcheck.ts); slips here are of the size of the numbers. */
const SLIP = 0.01

/** Sums of at most 8 products of numbers below 8, with 16 roundings on either side. */
function expectClose(actual: Tensor, expected: readonly number[]): void {
  expect(actual.length).to.equal(expected.length)
  for (const [i, value] of expected.entries()) {
    expect(actual.data[i]).to.be.closeTo(value, 16 * 8 * 64 * unit.float64)
  }
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))

describe('course 002: hand-derived layers', () => {
  eachBackend(() => {
    describe('1a. F(x) = A (x ⊙ x) + b x + c', () => {
      const [N, D] = [5, 4]
      const layerOf = (b: number): nn.Quadratic => {
        const layer = new nn.Quadratic(D, D, { b, ...f64, generator })
        layer.c!.data.set(random(D).data)
        return layer
      }

      for (const b of [0, 1, -2.5]) {
        it(`has the formula and its derivatives for b = ${b}`, () => {
          const layer = layerOf(b)
          const [x, g] = [random(N, D), random(N, D)]
          const [A, c] = [rowsOf(layer.A), layer.c!.data]
          expectClose(
            layer.forward(x),
            rowsOf(x).flatMap((row) =>
              A.map((a, j) => sumOf(a.map((v, k) => v * row[k]! ** 2)) + b * row[j]! + c[j]!),
            ),
          )
          const gradInput = layer.backward(x, g)
          const G = rowsOf(g)
          // dx = 2 x ⊙ (g A) + b g, dA = Gᵀ (X ⊙ X), dc = the sum of g over the batch
          expectClose(
            gradInput,
            rowsOf(x).flatMap((row, i) =>
              row.map(
                (v, k) => 2 * v * sumOf(G[i]!.map((gj, j) => gj * A[j]![k]!)) + b * G[i]![k]!,
              ),
            ),
          )
          expectClose(
            layer.A.grad!,
            A.flatMap((a, j) =>
              a.map((_, k) => sumOf(rowsOf(x).map((row, i) => G[i]![j]! * row[k]! ** 2))),
            ),
          )
          expectClose(
            layer.c!.grad!,
            Array.from({ length: D }, (_, j) => sumOf(G.map((row) => row[j]!))),
          )
          gradcheck(layer, x, g)
        })
      }

      it('takes other sizes for b = 0, and any leading ones', () => {
        gradcheck(new nn.Quadratic(3, 5, { ...f64, generator }), random(4, 3), random(4, 5))
        gradcheck(new nn.Quadratic(3, 2, { bias: false, ...f64 }), random(2, 2, 3), random(2, 2, 2))
      })

      it('is not what the document’s code computes', () => {
        const b = 1.5
        const layer = layerOf(b)
        const [x, g] = [random(N, D), random(N, D)]
        layer.forward(x)
        layer.backward(x, g)
        const loss = (): number => inner(g, layer.forward(x))
        const slopes = numericGradient(x, loss)
        const [A, X, G] = [rowsOf(layer.A), rowsOf(x), rowsOf(g)]
        /** grads[i] @ of a matrix for each row */
        const through = (matrix: (i: number, j: number, k: number) => number): number[] =>
          G.flatMap((row, i) => row.map((_, k) => sumOf(row.map((gj, j) => gj * matrix(i, j, k)))))
        // `A * np.diag(x)` is the product of elements, and `+ b` adds b to every one of them.
        const slipped = through((i, j, k) => (j === k ? 2 * A[j]![k]! * X[i]![k]! : 0) + b)
        const meant = through((i, j, k) => 2 * A[j]![k]! * X[i]![k]! + (j === k ? b : 0))
        expect(largestDifference(slipped, slopes)).to.be.above(SLIP)
        expect(largestDifference(meant, slopes)).to.be.below(1e-8)
        // `grad_c = grads` has a row for each sample; c has one for all.
        expect(layer.c!.grad!.shape).to.deep.equal([D])
        expect(largestDifference(g.data.subarray(0, D), layer.c!.grad!.data)).to.be.above(SLIP)
      })

      it('refuses a b that has no place', () => {
        expect(() => new nn.Quadratic(3, 4, { b: 1 }))
          .to.throw(ValueError, 'expected outFeatures to be 3 as inFeatures')
          .with.property('code', 'ERR_VALUE')
        expect(() => new nn.Quadratic(3, 3, { b: NaN })).to.throw(ValueError, 'b to be a finite')
        expect(() => new nn.Quadratic(-1, 3)).to.throw(ValueError, 'inFeatures')
        const layer = new nn.Quadratic(3, 3)
        layer.A = new nn.Parameter(ones([2, 3]))
        expect(() => layer.forward(ones([1, 3]))).to.throw(ShapeError, 'A to be shape (3, 3)')
      })
    })

    describe('1b. Swish: x σ(β x)', () => {
      const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

      for (const beta of [0, 0.5, 1, 3, -2]) {
        it(`has the formula and its derivative for β = ${beta}`, () => {
          const layer = new nn.Swish(beta)
          const [x, g] = [random(5, 4), random(5, 4)]
          expectClose(
            layer.forward(x),
            Array.from(x.data, (v) => v * sigmoid(beta * v)),
          )
          const slope = (v: number): number => {
            const s = sigmoid(beta * v)
            return s + beta * v * s * (1 - s)
          }
          expectClose(
            layer.backward(x, g),
            Array.from(x.data, (v, i) => g.data[i]! * slope(v)),
          )
          gradcheck(layer, x, g)
        })
      }

      it('is not the document’s grad_layer.T @ grads, which is no product of elements', () => {
        const [n, beta] = [4, 2]
        const layer = new nn.Swish(beta)
        const [x, g] = [random(n, n), random(n, n)]
        layer.forward(x)
        const slopes = numericGradient(x, () => inner(g, layer.forward(x)))
        const gradLayer = rowsOf(x).map((row) =>
          row.map((v) => sigmoid(beta * v) * (1 + (1 - sigmoid(beta * v)) * v * beta)),
        )
        const G = rowsOf(g)
        const slipped = gradLayer.flatMap((_, i) =>
          gradLayer.map((_, j) => sumOf(gradLayer.map((row, k) => row[i]! * G[k]![j]!))),
        )
        const meant = gradLayer.flatMap((row, i) => row.map((v, j) => v * G[i]![j]!))
        expect(largestDifference(slipped, slopes)).to.be.above(SLIP)
        expect(largestDifference(meant, slopes)).to.be.below(1e-8)
        expect(largestDifference(layer.backward(x, g).data, slopes)).to.be.below(1e-8)
      })
    })

    describe('2. Average pooling by a fixed convolution', () => {
      const cases = [
        [3, 2, [2, 3, 4, 6]],
        [1, 3, [1, 1, 3, 3]],
        [4, 3, [2, 4, 7, 11]],
        [2, 1, [3, 2, 2, 2]],
      ] as const

      for (const dtype of ['float32', 'float64'] as const satisfies FloatDType[]) {
        it(`is AvgPool2d but for rounding in ${dtype}`, () => {
          for (const [channels, K, shape] of cases) {
            const layer = new ConvAvgPool2d(channels, K, dtype)
            const pool = new nn.AvgPool2d(K)
            const x = randn(shape, { dtype, generator })
            const output = layer.forward(x)
            const expected = pool.forward(x)
            expect(output.shape).to.deep.equal(expected.shape)
            const largest = Math.max(...Array.from(x.data, Math.abs))
            // K² numbers are added up on either side; 1 / K², its product and the quotient are rounded
            const bound = (K * K + 4) * 2 * unit[dtype] * largest
            expect(largestDifference(output.data, expected.data)).to.be.at.most(bound)

            const g = randn(output.shape, { dtype, generator })
            const gradients = [layer.backward(x, g), pool.backward(x, g)] as const
            const most = Math.max(...Array.from(g.data, Math.abs)) / K ** 2
            expect(largestDifference(gradients[0].data, gradients[1].data)).to.be.at.most(
              4 * unit[dtype] * most,
            )
          }
        })
      }

      it('reports no parameters, and keeps its weight in the state dict', () => {
        const layer = new ConvAvgPool2d(3, 2)
        expect(layer.parameters()).to.deep.equal([])
        expect(Object.keys(layer.stateDict())).to.deep.equal(['conv.weight'])
        const other = new ConvAvgPool2d(3, 2).to('float64')
        expect(other.conv.weight.dtype).to.equal('float64')
        other.conv.weight.data.fill(0)
        other.loadStateDict(layer.stateDict())
        expect(other.conv.weight.toArray()).to.deep.equal(layer.conv.weight.toArray())
        gradcheckInput(layer.to('float64'), random(2, 3, 4, 4))
      })

      it('stays as it is in a network that is trained, by hand and by fit', async () => {
        const pool = new ConvAvgPool2d(2, 2)
        const model = new nn.Sequential(
          new nn.Conv2d(1, 2, 3, { padding: 1 }),
          pool,
          new nn.Flatten(),
          new nn.Linear(8, 1),
        )
        const frozen = pool.conv.weight.toArray()
        const trained = model.parameters().filter(({ requiresGrad }) => requiresGrad)
        expect(trained).to.have.length(4)
        const { rows, ...counts } = summary(model, [1, 1, 4, 4])
        expect([counts.trainable, counts.frozen]).to.deep.equal([2 * 9 + 2 + 8 + 1, 2 * 2 * 2 * 2])
        expect(rows.find(({ path }) => path === '1.conv')!.frozen).to.equal(16)

        const [x, y] = [randn([12, 1, 4, 4], { generator }), randn([12, 1], { generator })]
        const criterion = new nn.MSELoss()
        // Given all parameters, with a weight decay: one without a gradient is left alone.
        const options = { lr: 0.01, weightDecay: 0.1 }
        const optimizer = new optim.SGD(model.parameters(), options)
        const before = trained.map((parameter) => parameter.toArray())
        const prediction = model.forward(x)
        model.backward(x, criterion.backward(prediction, y))
        optimizer.step()
        expect(pool.conv.weight.grad).to.equal(null)
        expect(trained.map((parameter) => parameter.toArray())).not.to.deep.equal(before)

        const loader = new data.DataLoader([x, y], { batchSize: 4 })
        const history = await fit(model, loader, {
          criterion,
          optimizer,
          epochs: 2,
          progress: false,
        })
        expect(history.mode).to.equal('captured')
        expect(pool.conv.weight.grad).to.equal(null)
        expect(pool.conv.weight.toArray()).to.deep.equal(frozen)
      })
    })

    describe('3. Additive coupling', () => {
      /** The document's: h is a 1x1 convolution after ReLU, for C channels of which h sees half. */
      const layerOf = (channels: number, dtype: FloatDType): nn.AdditiveCoupling => {
        const half = channels / 2
        return new nn.AdditiveCoupling(
          new nn.Sequential(new nn.ReLU(), new nn.Conv2d(half, half, 1, { dtype, generator })),
        )
      }

      it('leaves x1, adds h(x1) to x2, and has the gradients', () => {
        const layer = layerOf(6, 'float64')
        const x = random(2, 6, 3, 4)
        const [x1, x2] = chunk(x, 2, 1)
        const [y1, y2] = chunk(layer.forward(x), 2, 1)
        expect(y1!.toArray()).to.deep.equal(x1!.toArray())
        const h = layer.h.forward(x1!)
        expect(Array.from(y2!.data)).to.deep.equal(Array.from(x2!.data, (v, i) => v + h.data[i]!))
        gradcheck(layer, x, random(2, 6, 3, 4))
      })

      for (const dtype of ['float32', 'float64'] as const) {
        it(`comes back by its inverse in ${dtype}, alone and in a row`, () => {
          const layers = Array.from({ length: 4 }, () => layerOf(8, dtype))
          const x = randn([3, 8, 5, 5], { dtype, generator })
          const outputs = [x]
          for (const layer of layers) outputs.push(layer.forward(outputs.at(-1)!))
          let back = outputs.at(-1)!
          for (const layer of layers.toReversed()) back = layer.inverse(back)
          // Each layer rounds a sum and a difference, which pass through the others unchanged: x1 is
          // the same for all of them, and so is h.
          const largest = Math.max(...outputs.flatMap(({ data }) => Array.from(data, Math.abs)))
          const bound = layers.length * 2 * 1.01 * unit[dtype] * largest
          expect(largestDifference(back.data, x.data)).to.be.at.most(bound)
          expect(largestDifference(outputs.at(-1)!.data, x.data)).to.be.above(SLIP)
        })
      }

      it('refuses an odd number of channels', () => {
        const layer = layerOf(6, 'float32')
        expect(() => layer.forward(randn([1, 5, 2, 2]))).to.throw(ShapeError, 'that 2 divides')
      })
    })
  })
})

/** `gradcheck` where there is nothing to train. */
function gradcheckInput(module: nn.Module, x: Tensor): void {
  const output = module.forward(x)
  const g = random(...output.shape)
  const gradient = module.backward(x, g)
  const slopes = numericGradient(x, () => inner(g, module.forward(x)))
  expect(largestDifference(gradient.data, slopes)).to.be.below(1e-8)
}
