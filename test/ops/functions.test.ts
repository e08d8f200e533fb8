import { expect } from 'chai'

import { capture, CaptureError, type Tensor } from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'
import { families } from '../support/function-families.js'
import { type FunctionCase, givenOf, type Outcome, outcomeOf } from '../support/function-case.js'
import { expectResult, readCases, valuesOf } from '../support/pytorch-fixture.js'
import { floatDTypes } from '../support/samples.js'
import { roundings } from '../support/tolerance.js'

function titleOf({ name, arguments: given }: FunctionCase): string {
  const short = JSON.stringify(given).slice(0, 200)
  return `${name}(${short.slice(1, -1)})`
}

function expectOutcome(
  one: FunctionCase,
  { results, gradients }: Outcome,
  dtype: FloatDType,
): void {
  const title = titleOf(one)
  const bound = (_: number, expected: number): number =>
    roundings(dtype, one.roundings, Math.max(Math.abs(expected), one.size ?? 0))
  const compare = (what: string, actual: Tensor, wanted: FunctionCase['results'][number]): void => {
    expect(actual.dtype, what).to.equal(wanted.dtype ?? dtype)
    const { shape, dtype: whole } = wanted
    const exact = (): number => 0
    expectResult(what, actual, shape, [valuesOf(wanted, dtype)], dtype, whole ? exact : bound)
  }
  expect(results.length, title).to.equal(one.results.length)
  results.forEach((y, k) => {
    compare(`result ${k} of ${title}`, y, one.results[k]!)
  })
  one.gradients.forEach((wanted, k) => {
    const actual = gradients[k]!
    if (wanted === null) expect(actual, `gradient ${k} of ${title}`).to.equal(null)
    else compare(`gradient ${k} of ${title}`, actual, wanted)
  })
}

const bytesOf = ({ results, gradients }: Outcome): string[] =>
  [...results, ...gradients.filter((g) => g !== null)].map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  )

/** A captured step, which calls the function as a method, has the bits of the eager one. */
function expectCaptured(
  one: FunctionCase,
  given: Readonly<Record<string, Tensor>>,
  eager: Outcome,
): void {
  const step = capture(
    (inputs) => {
      const { results, gradients } = outcomeOf(one, inputs, true)
      return [...results, ...gradients.filter((g) => g !== null)]
    },
    { inputs: given },
  )
  const all = step.runSync(given)
  const { length } = eager.results
  const captured = { results: all.slice(0, length), gradients: all.slice(length) }
  expect(bytesOf(captured), `captured ${titleOf(one)}`).to.deep.equal(bytesOf(eager))
}

describe('functions of tensors give what PyTorch gives, with gradients', () => {
  eachBackend((backend) => {
    for (const family of families) {
      const cases = readCases(`functions/${family}`) as readonly FunctionCase[]
      for (const name of new Set(cases.map((one) => one.name))) {
        it(`${family}: ${name}`, () => {
          for (const one of cases.filter((one) => one.name === name)) {
            for (const dtype of floatDTypes) {
              const given = givenOf(one, dtype)
              const outcome = outcomeOf(one, given, false)
              expectOutcome(one, outcome, dtype)
              if (one.captured === false) {
                expect(() => {
                  expectCaptured(one, given, outcome)
                }).to.throw(CaptureError)
              } else if (backend === 'native') expectCaptured(one, given, outcome)
            }
          }
        })
      }
    }
  })
})
