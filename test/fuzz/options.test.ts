/**
 * Every function, class and method that the package exports refuses an option that it does not know,
 * found by its types: a new one is held to it without being named anywhere.
 */
import { expect } from 'chai'

import { Draw } from './draw.js'
import { Fuzzer } from './fuzz.js'
import type { Argument, Callable } from './surface.js'

/** Objects that are no options: what they hold has names of a caller's own. */
const open = new Set([
  'Inputs',
  'OptimizerStateDict',
  'Dataset',
  'Schedulable',
  'TrainingOptimizer',
])
/**
 * JavaScript's own errors; kernels' own tables of a rule; hooks, which a training calls; the parts of a
 * result that is given back.
 */
const foreign = /(^|\.)(\w+Error|complaint|Optimizer|on[A-Z]\w*)$/

/** How many arguments those take that have a longer signature than their first. */
const overloaded = new Map([
  ['arange', 3],
  ['eye', 3],
  ['randint', 4],
])

/** Where a callable takes options: an object all of whose names are known, most of them optional. */
function optionsOf({ takes, path }: Callable): number {
  if (foreign.test(path)) return -1
  return takes.findLastIndex(isOptions)
}

function isOptions({ name, spec, rest }: Argument): boolean {
  const kind = spec.kind === 'union' ? spec.of.find(({ kind: each }) => each === 'object') : spec
  if (rest || kind?.kind !== 'object' || open.has(kind.name)) return false
  return /options|layouts/i.test(name) || /Options$/.test(kind.name)
}

describe('options of all that is exported', function () {
  this.timeout(300_000)
  let fuzzer: Fuzzer
  before(async () => {
    fuzzer = await Fuzzer.prepared()
  })
  after(() => {
    fuzzer.close()
  })

  it('are known by name', async () => {
    const { callables } = fuzzer.surface
    const taking = callables.filter((callable) => optionsOf(callable) >= 0)
    expect(taking.length).to.be.above(100)
    const ignored: string[] = []
    for (const callable of taking) {
      const answer = await refusal(callable)
      if (answer !== 'refused') ignored.push(`${callable.path}: ${answer}`)
    }
    expect(ignored).to.deep.equal([])
  })

  it('are no arguments beyond those that it takes', async () => {
    const taking = fuzzer.surface.callables.filter(
      ({ kind, path, takes }) =>
        (kind === 'function' || kind === 'constructor') &&
        !takes.some(({ rest }) => rest) &&
        !foreign.test(path) &&
        path !== 'nn.Identity', // takes any, as PyTorch's does
    )
    expect(taking.length).to.be.above(150)
    const ignored: string[] = []
    for (const callable of taking) {
      const takes = overloaded.get(callable.path) ?? callable.takes.length
      const args: unknown[] = [...Array<undefined>(takes).fill(undefined), 7]
      try {
        await fuzzer.invoke(callable, undefined, args)
        ignored.push(callable.path)
      } catch (error) {
        const refused = /expected the arguments to be .*, got \d+, among them 7/.test(String(error))
        if (!refused) ignored.push(`${callable.path}: ${String(error)}`)
      }
    }
    expect(ignored).to.deep.equal([])
  })

  async function refusal(callable: Callable): Promise<string> {
    const at = optionsOf(callable)
    let last: unknown
    for (let seed = 1; seed <= 300; seed++) {
      const draw = new Draw(seed)
      const receiver = fuzzer.receiver(draw, callable)
      const args = fuzzer.argumentsOf(draw, callable, receiver)
      if (args.length > at + 1) continue
      while (args.length <= at) args.push(undefined)
      args[at] = { ...(args[at] as object | undefined), no_such_option: 1 }
      try {
        await fuzzer.invoke(callable, receiver, args)
        return 'ignored'
      } catch (error) {
        if (/unknown option no_such_option/.test(String(error))) return 'refused'
        last = error // that of another argument
      }
    }
    return `never asked for, ${String(last)}`
  }
})
