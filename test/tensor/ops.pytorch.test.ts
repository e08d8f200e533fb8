import * as gradlane from '../../ts/index.js'
import type { Tensor } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import {
  expectResult,
  readCases,
  type Result,
  tensorOf,
  valuesOf,
} from '../support/pytorch-fixture.js'
import { floatDTypes } from '../support/samples.js'
import { ulps } from '../support/tolerance.js'

/** A case of test/fixtures/ops.py; of `rows` the function works along dimension 1. */
interface Case {
  readonly name: string
  readonly operands: readonly (readonly (number | string)[])[]
  readonly rows?: number
  readonly result: Result
}

type Op = (...operands: (Tensor | number)[]) => Tensor

/** exp, log, tanh and erf are within 2 ulp, all else within half a one; a sum of 4 rounds 4 times. */
const ULPS = 5

function check({ name, operands, rows, result }: Case, dtype: FloatDType): void {
  const op = (gradlane as unknown as Record<string, Op>)[name]!
  const given = operands.map((values) => {
    const shape = rows === undefined ? [values.length] : [rows, values.length / rows]
    return tensorOf(values.map(Number), shape, dtype)
  })
  const actual = rows === undefined ? op(...given) : op(...given, 1)
  const theirs = valuesOf(result, dtype)
  expectResult(name, actual, result.shape, [theirs], dtype, (_, value) => ulps(dtype, ULPS, value))
}

describe('functions of tensors give what PyTorch gives', () => {
  eachBackend(() => {
    for (const one of readCases('ops') as readonly Case[]) {
      it(one.name, () => {
        for (const dtype of floatDTypes) check(one, dtype)
      })
    }
  })
})
