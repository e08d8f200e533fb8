import { expect } from 'chai'

import { Generator, nn, randn, type Tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

/** Squares of these leave the range of float32, and so do sums of the largest. */
const sizes = [2 ** 66, 2 ** 100, 2 ** 124]

const layers: readonly [string, () => nn.Module, readonly number[]][] = [
  ['BatchNorm1d', () => new nn.BatchNorm1d(5), [37, 5]],
  ['BatchNorm2d', () => new nn.BatchNorm2d(3), [4, 3, 5, 7]],
  ['LayerNorm', () => new nn.LayerNorm([37]), [6, 37]],
  ['GroupNorm', () => new nn.GroupNorm(2, 4), [3, 4, 5, 7]],
  ['InstanceNorm2d', () => new nn.InstanceNorm2d(3), [2, 3, 5, 7]],
]

describe('normalisations of large numbers', () => {
  eachBackend(() => {
    for (const [name, make, shape] of layers) {
      it(`${name} in float32 is that in float64`, () => {
        for (const size of sizes) {
          const x = randn(shape, { generator: new Generator(4) })
          for (let i = 0; i < x.length; i++) x.data[i]! *= size
          const output = (module: nn.Module, input: Tensor): Tensor => module.forward(input)
          const found = output(make(), x)
          const exact = output(make().to('float64'), x.to('float64'))
          // Sums of up to 140 terms of float32's roundings, against results of the size of 1.
          for (let i = 0; i < x.length; i++) {
            expect(found.data[i]).to.be.closeTo(exact.data[i]!, 140 * 2 ** -24)
          }
        }
      })
      it(`${name}: its gradients in float32 are those in float64`, () => {
        for (const size of sizes) {
          const x = randn(shape, { generator: new Generator(4) })
          for (let i = 0; i < x.length; i++) x.data[i]! *= size
          const gradOut = randn(shape, { generator: new Generator(5) })
          const gradients = (module: nn.Module, input: Tensor, grad: Tensor): Tensor[] => {
            module.forward(input)
            const gradInput = module.backward(input, grad)
            return [gradInput, ...module.parameters().map((parameter) => parameter.grad!)]
          }
          const found = gradients(make(), x, gradOut)
          const exact = gradients(make().to('float64'), x.to('float64'), gradOut.to('float64'))
          found.forEach((gradient, k) => {
            // Sums of up to 140 terms of float32's roundings, each of a product of numbers up to 4; those of the
            // gradient by the input are divided by `size`, which takes the largest to the end of the range.
            const bound = 16 * 140 * 2 ** -24 * (k === 0 ? 1 / size : 1) + 3 * 2 ** -126
            for (let i = 0; i < gradient.length; i++) {
              expect(gradient.data[i], `${k} at ${i} of ${size}`).to.be.closeTo(
                exact[k]!.data[i]!,
                bound,
              )
            }
          })
        }
      })
    }
  })
})
