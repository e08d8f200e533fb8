import { nn } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { type InputKind, numbers } from '../support/formula.js'
import {
  expectResult,
  readCases,
  type Result,
  tensorOf,
  valuesOf,
} from '../support/pytorch-fixture.js'
import { floatDTypes } from '../support/samples.js'
import { roundings } from '../support/tolerance.js'

/** `case` of test/fixtures/clip.py. */
interface Case {
  readonly maxNorm: number
  readonly normType: number | 'Infinity'
  readonly kind: InputKind
  readonly norm: Result
  /** Both gradients, one after the other. */
  readonly clipped: Result
}

const SHAPES = [[5], [2, 3]] as const

/** Powers of 11 numbers (4 roundings of each and of the root), their sum, the quotient, the product. */
const ROUNDINGS = 11 + 2 * 4 + 4

function check({ maxNorm, normType, kind, norm, clipped }: Case, dtype: FloatDType): void {
  const parameters = SHAPES.map((shape, seed) => {
    const parameter = new nn.Parameter(tensorOf(numbers(shape, 0), shape, dtype))
    const values = numbers(shape, seed, seed === 0 ? kind : 'plain')
    parameter.grad = tensorOf(values, shape, dtype)
    return parameter
  })
  const total = nn.utils.clipGradNorm_(parameters, maxNorm, { normType: Number(normType) })
  const bound = (_: number, value: number) => roundings(dtype, ROUNDINGS, Math.abs(value))
  expectResult('norm', total, [], [valuesOf(norm, dtype)], dtype, bound)
  const values = parameters.flatMap(({ grad }) => Array.from(grad!.data))
  const together = tensorOf(values, [values.length], dtype)
  expectResult('clipped', together, clipped.shape, [valuesOf(clipped, dtype)], dtype, bound)
}

describe('clipGradNorm_ gives what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of readCases('clip') as readonly Case[]) {
      it(`norm ${one.normType}, at most ${one.maxNorm}: ${one.kind}`, () => {
        for (const dtype of floatDTypes) check(one, dtype)
      })
    }
  })
})
