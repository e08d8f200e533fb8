import { expect } from 'chai'
import { readFileSync } from 'node:fs'

import { nn, optim, tensor } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { roundoff } from '../support/tolerance.js'

// Made by test/fixtures/lbfgs.py, which says what is in it.
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/lbfgs.json', import.meta.url), 'utf8'),
) as { shapes: number[][]; cases: Case[] }

interface Case {
  readonly function: keyof typeof functions
  readonly options: Record<string, unknown>
  readonly dtype: FloatDType
  readonly steps: readonly {
    readonly loss: number
    readonly parameters: number[]
    readonly evaluations: number
    readonly iterations: number
    readonly spread: number
  }[]
}

type Value = readonly [loss: number, gradient: number[]]

const target = (i: number): number => (((5 * i) % 7) - 3) / 4

/** The functions of the fixture with their derivatives. */
const functions = {
  quadratic(x: number[]): Value {
    const off = x.map((value, i) => value - target(i))
    const loss = off.reduce((sum, value, i) => sum + ((i + 1) * value ** 2) / 2, 0)
    return [loss, off.map((value, i) => (i + 1) * value)]
  },
  rosenbrock(x: number[]): Value {
    const gradient = x.map(() => 0)
    let loss = 0
    for (let i = 0; i + 1 < x.length; i++) {
      const [a, b] = [x[i]!, x[i + 1]!]
      const apart = b - a * a
      loss += 100 * apart ** 2 + (1 - a) ** 2
      gradient[i]! -= 400 * apart * a + 2 * (1 - a)
      gradient[i + 1]! += 200 * apart
    }
    return [loss, gradient]
  },
  cosh(x: number[]): Value {
    const gradient = x.map((value, i) => Math.tanh(value - i / 4))
    let loss = x.reduce((sum, value, i) => sum + Math.log(Math.cosh(value - i / 4)), 0)
    for (let i = 0; i + 1 < x.length; i++) {
      const step = x[i + 1]! - x[i]!
      loss += step ** 2 / 4
      gradient[i]! -= step / 2
      gradient[i + 1]! += step / 2
    }
    return [loss, gradient]
  },
}

function camel(options: Record<string, unknown>): optim.LBFGSOptions {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  )
}

function parametersOf(dtype: FloatDType): nn.Parameter[] {
  let at = 0
  return fixture.shapes.map((shape) => {
    const size = shape.reduce((product, extent) => product * extent, 1)
    const values = Array.from({ length: size }, () => (((5 * at++ + 3) % 11) - 5) / 4)
    return new nn.Parameter(tensor(values, { dtype }).reshape(shape))
  })
}

const numbers = (parameters: nn.Parameter[]): number[] =>
  parameters.flatMap(({ data }) => Array.from(data))

function closureOf(one: Case, parameters: nn.Parameter[]): () => number {
  const moved = parameters.slice(0, 2)
  return () => {
    const [loss, gradient] = functions[one.function](numbers(moved))
    let at = 0
    for (const parameter of moved) {
      const part = gradient.slice(at, (at += parameter.length))
      parameter.grad = tensor(part, { dtype: one.dtype }).reshape(parameter.shape)
    }
    return loss
  }
}

function counts(optimizer: optim.LBFGS): { evaluations: unknown; iterations: unknown } {
  const entry = optimizer.stateDict().state[0]!
  return { evaluations: entry['func_evals'], iterations: entry['n_iter'] }
}

describe('LBFGS follows the trajectories of PyTorch', () => {
  eachBackend(() => {
    for (const one of fixture.cases) {
      const title = `${one.function} ${JSON.stringify(one.options)} ${one.dtype}`
      it(title, () => {
        const parameters = parametersOf(one.dtype)
        const optimizer = new optim.LBFGS(parameters, camel(one.options))
        const closure = closureOf(one, parameters)
        one.steps.forEach(({ loss, parameters: wanted, spread, ...wantedCounts }, step) => {
          const got = optimizer.step(closure)
          expect(counts(optimizer), `counts of step ${step}`).to.deep.equal(wantedCounts)
          // Runs of PyTorch whose numbers are off by 4 units come apart as far as `spread`, after which
          // another order of sums, which is off by less, takes two of them.
          const largest = Math.max(1, ...wanted.map(Math.abs))
          const bound = 4 * spread + 8 * roundoff[one.dtype] * largest
          numbers(parameters).forEach((value, i) => {
            expect(value, `parameter ${i} after step ${step}`).to.be.closeTo(wanted[i]!, bound)
          })
          if (step === 0) expect(got).to.be.closeTo(loss, 32 * roundoff[one.dtype] * Math.abs(loss))
        })
      })

      it(`${title}: goes on from its state dict bit for bit`, () => {
        const [straight, resumed] = [parametersOf(one.dtype), parametersOf(one.dtype)]
        const before = new optim.LBFGS(straight, camel(one.options))
        for (let step = 0; step < 2; step++) before.step(closureOf(one, straight))
        straight.forEach((parameter, i) => {
          resumed[i]!.data.set(parameter.data)
        })
        const after = new optim.LBFGS(resumed)
        const dict = before.stateDict()
        after.loadStateDict(dict)
        expect(after.stateDict()).to.deep.equal(dict)
        for (let step = 0; step < 2; step++) {
          expect(after.step(closureOf(one, resumed))).to.equal(
            before.step(closureOf(one, straight)),
          )
        }
        expect(numbers(resumed)).to.deep.equal(numbers(straight))
        expect(after.stateDict()).to.deep.equal(before.stateDict())
      })
    }
  })
})
