import { expect } from 'chai'

import type { Kernels } from '../../ts/kernels/kernels.js'
import { native } from '../../ts/kernels/native/index.js'
import { addon } from '../../ts/kernels/native/load.js'
import { reference } from '../../ts/kernels/reference/index.js'
import { backends, needsNative, suiteTitle } from '../support/backends.js'
import { everyOp, opNames } from '../support/every-op/index.js'
import { asView } from '../support/op-case.js'

/** The type says that nothing is missing; the rest of this file that nothing is there by name only. */
const both = { native, reference } satisfies Record<Kernels['name'], Kernels>

describe(suiteTitle('both backends are complete'), () => {
  it('the same names in the same order', () => {
    expect(Object.keys(both.native)).to.have.members(['name', ...opNames])
    expect(Object.keys(both.reference)).to.deep.equal(Object.keys(both.native))
    expect([both.native.name, both.reference.name]).to.deep.equal(['native', 'reference'])
  })

  it('the addon exports a function for each', function () {
    needsNative(this)
    const exported = addon() as unknown as Record<string, unknown>
    for (const name of opNames) expect(exported[name], name).to.be.a('function')
  })

  // In a process of its own a sum over all processes changes nothing: test/distributed has it.
  for (const name of opNames.filter((name) => !name.startsWith('allReduce'))) {
    it(`${name} runs and writes its result`, () => {
      for (const kernels of backends) {
        const operands = everyOp[name].operands()
        const views = Object.fromEntries(
          Object.entries(operands).map(([operand, values]) => [operand, asView(values)]),
        )
        const result = Object.values(operands).at(-1)!
        const before = Array.from(result)
        everyOp[name].run(kernels, views)
        expect(Array.from(result), kernels.name).not.to.deep.equal(before)
      }
    })
  }
})
