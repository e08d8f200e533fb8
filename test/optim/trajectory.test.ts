import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import * as nn from '../../ts/nn/parameter.js'
import * as optim from '../../ts/optim/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { empty, type Tensor } from '../../ts/tensor/tensor.js'
import { eachBackend } from '../support/each-backend.js'

// Made by test/fixtures/optim.py, which says what is in it.
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/optim.json', import.meta.url), 'utf8'),
) as Fixture

interface Fixture {
  shapes: number[][]
  cases: Case[]
}

interface Case {
  optimizer: keyof typeof classes
  options: Record<string, unknown>
  groups: Record<string, unknown>[] | null
  schedule: Record<string, number> | null
  dtype: FloatDType
  parameters: Record<string, number[][]>
  state: Record<string, Record<string, number[]>>
}

const STEPS = 50
const { SGD, Adam, AdamW, Adagrad, RMSprop, Adadelta, Adamax, NAdam, RAdam, Rprop, Lion } = optim
const classes = {
  SGD,
  Adam,
  AdamW,
  Adagrad,
  RMSprop,
  Adadelta,
  Adamax,
  NAdam,
  RAdam,
  Rprop,
  Lion,
} as const

function filled(shape: number[], dtype: FloatDType, element: (i: number) => number): Tensor {
  const result = empty(shape, dtype)
  result.data.forEach((_, i) => (result.data[i] = element(i)))
  return result
}

const modulo = (a: number, b: number): number => ((a % b) + b) % b

function start(p: number, shape: number[], dtype: FloatDType): nn.Parameter {
  return new nn.Parameter(filled(shape, dtype, (i) => (modulo(5 * i + 3 * p, 11) - 5) / 4))
}

function gradient(p: number, shape: number[], dtype: FloatDType, step: number): Tensor | null {
  if (p === 2 && step % 3 !== 0) return null
  return filled(shape, dtype, (i) => (modulo(7 * i + 13 * step + 5 * p, 17) - 8) / 8)
}

function camel(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
}

/**
 * Every step rounds the parameter once and its update some 12 times; the lr of all cases is below 0.2
 * and an update at most ~4, so both are below 1 ulp of the largest parameter, times 13. Adadelta's lr
 * goes up to 1, but its steps are below 0.1. Centered, RMSprop subtracts: two thirds of square_avg are
 * left at least, so its relative error grows by half.
 */
function tolerance(dtype: FloatDType, steps: number, values: number[]): number {
  const largest = Math.max(4, ...values.map(Math.abs))
  return 13 * steps * largest * (dtype === 'float32' ? 2 ** -24 : 2 ** -53)
}

function expectClose(actual: Tensor, wanted: number[], dtype: FloatDType, steps: number): void {
  const allowed = tolerance(dtype, steps, wanted)
  wanted.forEach((value, i) => expect(actual.data[i]).to.be.closeTo(value, allowed))
}

describe('optimizers follow the trajectories of PyTorch', () => {
  eachBackend(() => {
    for (const one of fixture.cases) {
      const groups = one.groups === null ? '' : ` groups ${JSON.stringify(one.groups)}`
      const title = `${one.optimizer} ${JSON.stringify(one.options)}${groups} ${one.dtype}`
      it(title, () => {
        const { dtype } = one
        const parameters = fixture.shapes.map((shape, p) => start(p, shape, dtype))
        const [first, second] = one.groups ?? []
        const given =
          first === undefined || second === undefined
            ? parameters
            : [
                { params: parameters.slice(0, 2), ...camel(first) },
                { params: parameters.slice(2), ...camel(second) },
              ]
        const optimizer: optim.Optimizer<{ lr: number }> = new classes[one.optimizer](
          given as nn.Parameter[],
          camel(one.options),
        )
        for (let step = 1; step <= STEPS; step++) {
          parameters.forEach((parameter, p) => {
            parameter.grad = gradient(p, fixture.shapes[p]!, dtype, step)
          })
          const lr = one.schedule?.[step]
          if (lr !== undefined) optimizer.paramGroups[0]!.lr = lr
          optimizer.step()
          one.parameters[step]?.forEach((wanted, p) => {
            expectClose(parameters[p]!, wanted, dtype, step)
          })
        }
        const { state } = optimizer.stateDict()
        expect(Object.keys(state)).to.deep.equal(Object.keys(one.state))
        for (const [number, entry] of Object.entries(one.state)) {
          expect(Object.keys(state[number]!)).to.have.members(Object.keys(entry))
          for (const [name, wanted] of Object.entries(entry)) {
            expectClose(state[number]![name] as Tensor, wanted, dtype, STEPS)
          }
        }
      })
    }
  })
})
