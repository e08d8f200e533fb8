/**
 * Calls everything that the package exports with plausible and with hostile arguments: each call
 * succeeds, or throws an error with a code of gradlane and changes nothing. The cases follow from their
 * seeds: `GRADLANE_FUZZ_SEED=<seed> npx mocha test/fuzz` runs one again. Many more: `npm run test:soak --
 * fuzz`.
 */
import { expect } from 'chai'

import { Draw } from './draw.js'
import { Fuzzer, report } from './fuzz.js'
import { exportedAtRunTime } from './surface.js'

const CASES = 4000
const again = process.env['GRADLANE_FUZZ_SEED']

describe('fuzz', function () {
  this.timeout(300_000)
  let fuzzer: Fuzzer
  before(async () => {
    fuzzer = await Fuzzer.prepared()
  })
  after(() => {
    fuzzer.close()
  })

  it('knows all that is exported', () => {
    const { callables, classes } = fuzzer.surface
    const known = new Set([...classes.keys(), ...callables.map(({ path }) => path)])
    expect(exportedAtRunTime().filter((path) => !known.has(path))).to.deep.equal([])
  })

  it('reaches each function, class and method with arguments that fit', async () => {
    const missed: string[] = []
    for (const callable of fuzzer.surface.callables) {
      if (!(await fuzzer.reaches(callable))) missed.push(callable.path)
    }
    expect(missed, 'see test/fuzz/recipes.ts and instances.ts').to.deep.equal([])
  })

  it(again === undefined ? `finds nothing in ${CASES} cases` : `seed ${again}`, async () => {
    const first = Number(again ?? 1)
    for (let i = 0; i < (again === undefined ? CASES : 1); i++) await fuzzer.run(first + i)
    expect(report(fuzzer.faults)).to.equal('')
  })

  it('makes the same cases of the same seeds', () => {
    const drawn = [1, 2, 1].map((seed) => {
      const draw = new Draw(seed)
      return Array.from({ length: 20 }, () => draw.int(1000)).join()
    })
    expect(drawn[0]).to.equal(drawn[2])
    expect(drawn[0]).to.not.equal(drawn[1])
  })

  it('tells an error of the engine, a change before an error and an error without a code', async () => {
    const { faults } = fuzzer
    const before = faults.length
    const list = [1]
    const spoilt = [
      () => (undefined as unknown as { x: number }).x,
      () => {
        list.push(2)
        throw new RangeError('late')
      },
    ]
    for (const call of spoilt) await fuzzer.judged(0, 'a call', [list], call)
    expect(faults.splice(before).map(({ kind }) => kind.split(':')[0])).to.deep.equal([
      'TypeError',
      'RangeError',
    ])
  })
})
