import { nn, optim } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { numbers } from '../support/formula.js'
import {
  camelOptions,
  expectResult,
  readCases,
  type Result,
  tensorOf,
  valuesOf,
} from '../support/pytorch-fixture.js'
import { floatDTypes } from '../support/samples.js'
import { roundings } from '../support/tolerance.js'

/** `case` of test/fixtures/optim_edges.py. */
interface Case {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  readonly kind: 'zero' | 'huge' | 'tiny' | 'nan' | 'inf' | '-inf'
  /** The parameter after each step. */
  readonly after: Result
}

const factors: Readonly<Record<string, number>> = { zero: 0, huge: 2 ** 100, tiny: 2 ** -100 }
const specials: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity }

function gradient(step: number, kind: Case['kind'], size: number): number[] {
  const values = numbers([size], step).map((value) => value * (factors[kind] ?? 1))
  const special = specials[kind]
  if (step === 2 && special !== undefined) values[1] = special
  return values
}

type Make = new (parameters: nn.Parameter[], options: object) => optim.Optimizer<{ lr: number }>

function check({ name, options, kind, after }: Case, dtype: FloatDType): void {
  const [steps, size] = after.shape as [number, number]
  const parameter = new nn.Parameter(tensorOf(numbers([size], 0), [size], dtype))
  const make = (optim as unknown as Record<string, Make>)[name]!
  const optimizer = new make([parameter], camelOptions(options))
  const expected = valuesOf(after, dtype)
  for (let step = 1; step <= steps; step++) {
    parameter.grad = tensorOf(gradient(step, kind, size), [size], dtype)
    optimizer.step()
    const wanted = expected.slice((step - 1) * size, step * size)
    // a step rounds the parameter and some 12 times its update, at most about as large as it is after
    const largest = Math.max(4, ...wanted.filter(Number.isFinite).map(Math.abs))
    const bound = roundings(dtype, 13 * step, largest)
    expectResult(`step ${step}`, parameter, [size], [wanted], dtype, () => bound)
  }
}

describe('optimizers take odd gradients as PyTorch does', () => {
  eachBackend(() => {
    for (const one of readCases('optim_edges') as readonly Case[]) {
      it(`${one.name} ${JSON.stringify(one.options)}: ${one.kind}`, () => {
        for (const dtype of floatDTypes) check(one, dtype)
      })
    }
  })
})
