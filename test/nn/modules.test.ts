import { expect } from 'chai'

import {
  DTypeError,
  type FloatDType,
  Generator,
  type nn,
  randn,
  setBackend,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { needsNative } from '../support/backends.js'
import { gradcheck as centralDifferences } from '../support/gradcheck.js'
import { moduleCases } from '../support/module-cases/index.js'

const roundoff = { float32: 2 ** -24, float64: 2 ** -53 } as const
const generator = new Generator(7)

const largest = (tensors: readonly Tensor[]): number =>
  Math.max(1, ...tensors.flatMap((tensor) => Array.from(tensor.data, Math.abs)))

/** All that a forward and a backward pass give. */
function results(module: nn.Module, input: Tensor, gradOutput: Tensor): Tensor[] {
  module.zeroGrad()
  const output = module.forward(input)
  const gradInput = module.backward(input, gradOutput)
  return [output, gradInput, ...module.parameters().map((parameter) => parameter.grad!.clone())]
}

for (const {
  title,
  make,
  shapes,
  repr,
  refused = [],
  terms,
  gradcheck = centralDifferences,
  anyDType = false,
  evaluating = false,
} of moduleCases) {
  describe(`nn: ${title}`, () => {
    // the same numbers on either backend, whichever tests ran before
    beforeEach(() => generator.manualSeed(7))

    it('prints itself', () => {
      expect(String(make('float32'))).to.equal(repr)
    })

    for (const [shape, outputShape] of shapes) {
      const what = `(${shape.join(', ')})`

      it(`has the gradients of ${gradcheck === centralDifferences ? 'central differences' : 'its estimators'} for ${what}`, () => {
        const input = randn(shape, { dtype: 'float64', generator })
        gradcheck(make('float64'), input, randn(outputShape, { dtype: 'float64', generator }))
      })

      it(`gives the shapes for ${what}`, () => {
        const module = make('float32')
        const input = randn(shape, { generator })
        const output = module.forward(input)
        expect(output.shape).to.deep.equal(outputShape)
        expect(output.dtype).to.equal('float32')
        const gradInput = module.backward(input, zeros(outputShape))
        expect(gradInput.shape).to.deep.equal(shape)
      })
    }

    it('gives the same on both backends', function () {
      needsNative(this)
      for (const dtype of ['float32', 'float64'] as const) {
        for (const [shape, outputShape] of shapes) {
          sameOnBothBackends(make(dtype), shape, outputShape, dtype, terms)
        }
      }
    })

    it('adds up gradients until zeroGrad', () => {
      const [shape, outputShape] = shapes[0]!
      const module = make('float64')
      const input = randn(shape, { dtype: 'float64', generator })
      const gradOutput = randn(outputShape, { dtype: 'float64', generator })
      const [, , ...once] = results(module, input, gradOutput)
      module.backward(input, gradOutput)
      module.backwardParameters(input, gradOutput)
      for (const [i, parameter] of module.parameters().entries()) {
        const expected = Array.from(once[i]!.data, (value) => value + value + value)
        expect(Array.from(parameter.grad!.data)).to.deep.equal(expected)
      }
      module.zeroGrad()
      for (const parameter of module.parameters()) expect(parameter.grad).to.equal(null)
      const [, , ...again] = results(module, input, gradOutput)
      expect(again.map((grad) => grad.toArray())).to.deep.equal(once.map((grad) => grad.toArray()))
    })

    it('leaves frozen parameters without a gradient', () => {
      const [shape, outputShape] = shapes[0]!
      const module = make('float32').requiresGrad_(false)
      const input = randn(shape, { generator })
      module.forward(input)
      module.backward(input, zeros(outputShape))
      module.backwardParameters(input, zeros(outputShape))
      for (const parameter of module.parameters()) expect(parameter.grad).to.equal(null)
    })

    it('carries its state over to another module', () => {
      const [source, target] = [make('float32'), make('float64')]
      expect(target.loadStateDict(source.stateDict())).to.deep.equal({
        missingKeys: [],
        unexpectedKeys: [],
      })
      const state = target.stateDict()
      for (const [key, tensor] of Object.entries(source.stateDict())) {
        expect(state[key]!.toArray(), key).to.deep.equal(tensor.toArray())
      }
      const input = randn(shapes[0]![0], { generator })
      const again = make('float32')
      again.loadStateDict(source.stateDict())
      expect(again.forward(input).toArray()).to.deep.equal(source.forward(input).toArray())
    })

    it('can be put into evaluation mode and back', () => {
      const module = make('float32')
      expect(module.modules().every((one) => one.training)).to.equal(!evaluating)
      module.eval()
      expect(module.modules().some((one) => one.training)).to.equal(false)
      module.train()
      expect(module.modules().every((one) => one.training)).to.equal(true)
    })

    it('changes its dtype', () => {
      const module = make('float32').to('float64')
      const input = randn(shapes[0]![0], { dtype: 'float64', generator })
      expect(module.forward(input).dtype).to.equal('float64')
      for (const parameter of module.parameters()) expect(parameter.dtype).to.equal('float64')
    })

    it('refuses a backward pass for another input, before any forward or of another shape', () => {
      const [shape, outputShape] = shapes[0]!
      const module = make('float32')
      const input = randn(shape, { generator })
      expect(() => module.backward(input, zeros(outputShape))).to.throw(ValueError, 'forward')
      module.forward(input)
      expect(() => module.backward(input.clone(), zeros(outputShape))).to.throw(
        ValueError,
        'another one',
      )
      expect(() => module.backward(input, zeros([...outputShape, 9]))).to.throw(
        ShapeError,
        'gradOutput',
      )
      expect(() => module.backward(input, zeros(outputShape, { dtype: 'float64' }))).to.throw(
        DTypeError,
        'gradOutput',
      )
      for (const parameter of module.parameters()) expect(parameter.grad).to.equal(null)
      module.backward(input, zeros(outputShape))
    })

    it('refuses what is no tensor', () => {
      const array = [[1, 2]] as unknown as Tensor
      expect(() => make('float32').forward(array)).to.throw(
        ValueError,
        'make one with tensor(array)',
      )
    })

    for (const [shape, message] of refused) {
      it(`refuses an input of shape (${shape.join(', ')})`, () => {
        expect(() => make('float32').forward(zeros(shape))).to.throw(ShapeError, message)
      })
    }

    if (!anyDType) {
      it('refuses integers', () => {
        const input = zeros(shapes[0]![0], { dtype: 'int32' })
        expect(() => make('float32').forward(input)).to.throw(DTypeError, 'float32')
      })
    }
  })
}

/**
 * A result sums up `terms` products of entries of the tensors that are involved, in a few layers; each
 * term and each layer's function adds some roundings. 8 covers the functions (4 u each).
 */
function sameOnBothBackends(
  module: nn.Module,
  shape: readonly number[],
  outputShape: readonly number[],
  dtype: FloatDType,
  terms: number,
): void {
  const input = randn(shape, { dtype, generator })
  const gradOutput = randn(outputShape, { dtype, generator })
  try {
    setBackend('reference')
    const expected = results(module, input, gradOutput)
    setBackend('native')
    const actual = results(module, input, gradOutput)
    const sizes = largest([input, ...module.parameters()]) * largest([gradOutput, ...expected])
    const bound = 2 * terms * (terms + 8) * roundoff[dtype] * sizes
    for (const [i, tensor] of actual.entries()) {
      for (let j = 0; j < tensor.length; j++) {
        const difference = Math.abs(tensor.data[j]! - expected[i]!.data[j]!)
        if (!(difference <= bound)) {
          expect.fail(`result ${i}[${j}]: ${tensor.data[j]}, expected ${expected[i]!.data[j]}`)
        }
      }
    }
  } finally {
    setBackend('native')
  }
}
