import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'

import {
  capture,
  data,
  fit,
  type FitOptions,
  fitSync,
  Generator,
  getNumThreads,
  manualSeed,
  matmul,
  nn,
  optim,
  randn,
  setNumThreads,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const ROWS = 256

const wrong = (value: unknown): never => value as never

interface Setting {
  readonly model: nn.Module
  readonly loader: data.DataLoader<[Tensor, Tensor]>
  readonly options: FitOptions
}

/** A network whose products are large enough to be shared among threads. */
function setting(): Setting {
  const x = randn([ROWS, 96], { generator: new Generator(1) })
  const labels = Array.from({ length: ROWS }, (_, i) => (x.data[96 * i]! > 0 ? 1 : 0))
  manualSeed(3)
  const model = new nn.Sequential(new nn.Linear(96, 160), new nn.ReLU(), new nn.Linear(160, 2))
  return {
    model,
    loader: new data.DataLoader([x, tensor(labels, { dtype: 'int32' })], {
      batchSize: 128,
      shuffle: true,
    }),
    options: {
      criterion: new nn.CrossEntropyLoss(),
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
      epochs: 3,
    },
  }
}

const weights = ({ model }: Setting): number[][] =>
  model.parameters().map(({ data }) => Array.from(data))

/** How nice each thread of this process is, by its number. */
function niceness(): Map<string, number> {
  const found = new Map<string, number>()
  for (const id of readdirSync('/proc/self/task')) {
    try {
      const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
      // Field 19 of proc(5); the name, field 2, may hold anything.
      found.set(id, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]))
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}

describe('fit: threads and priority', () => {
  eachBackend((backend) => {
    let before: number
    beforeEach(() => {
      before = getNumThreads()
      setNumThreads(4)
    })
    afterEach(() => {
      setNumThreads(before)
    })

    it('come to the same bits', async () => {
      const expected = setting()
      await fit(expected.model, expected.loader, expected.options)
      for (const capture of [true, false]) {
        for (const threads of backend === 'native' ? [1, 2, 3, 64] : [2]) {
          for (const priority of ['normal', 'background'] as const) {
            const of = setting()
            const options = { ...of.options, threads, priority, capture }
            const history = await fit(of.model, of.loader, options)
            expect(history.mode).to.equal(capture ? 'captured' : 'eager')
            expect(weights(of)).to.deep.equal(weights(expected))
          }
          const of = setting()
          fitSync(of.model, of.loader, { ...of.options, threads, capture })
          expect(weights(of)).to.deep.equal(weights(expected))
        }
      }
    })

    it('leave a step its choice from run to run', async () => {
      const [a, b] = [1, 2].map((seed) => randn([130, 130], { generator: new Generator(seed) }))
      const expected = matmul(a!, b!).toArray()
      const step = capture(({ x }) => matmul(x, b!), { inputs: { x: a! } })
      for (const threads of backend === 'native' ? [1, 3, undefined] : [3]) {
        for (const priority of ['normal', 'background', undefined] as const) {
          const out = await step.run({ x: a! }, { threads, priority })
          expect(out.toArray()).to.deep.equal(expected)
        }
        const rows = a!.reshape([1, 130, 130])
        expect((await step.scan({ x: rows }, { threads })).toArray()).to.deep.equal([expected])
        expect(step.runSync({ x: a! }, { threads }).toArray()).to.deep.equal(expected)
        expect(step.scanSync({ x: rows }, { threads }).toArray()).to.deep.equal([expected])
      }
    })

    it('are refused out of their range, with nothing changed', async () => {
      const mistakes: readonly (readonly [object, RegExp])[] = [
        [{ threads: 0 }, /fit.*threads.*1 to 4096/],
        [{ threads: 1.5 }, /fit.*threads.*1 to 4096/],
        [{ threads: '2' }, /fit.*threads.*1 to 4096/],
        [{ priority: 'low' }, /fit.*priority.*'normal' or 'background'/],
      ]
      const of = setting()
      const untouched = weights(of)
      for (const [options, message] of mistakes) {
        const error = await fit(of.model, of.loader, { ...of.options, ...options }).then(
          () => 'no error',
          (reason: unknown) => reason,
        )
        expect(error).to.be.instanceOf(ValueError)
        expect(String(error)).to.match(message)
      }
      expect(() =>
        fitSync(of.model, of.loader, wrong({ ...of.options, priority: 'background' })),
      ).to.throw(ValueError, /keeps its priority/)
      const step = capture(({ x }) => matmul(x, x), { inputs: { x: randn([2, 2]) } })
      expect(() => step.runSync({}, { threads: -1 })).to.throw(ValueError, /runSync.*threads/)
      expect(weights(of)).to.deep.equal(untouched)
    })

    // The rest looks at the threads of the process, as Linux tells of them.
    if (backend !== 'native' || process.platform !== 'linux') return

    it('are not more than asked for', () => {
      /** How many threads a training has begun. */
      const begun = (size: number, capture: boolean, threads?: number): number => {
        const of = setting()
        setNumThreads(size)
        const earlier = niceness()
        fitSync(of.model, of.loader, { ...of.options, capture, ...(threads && { threads }) })
        return [...niceness().keys()].filter((id) => !earlier.has(id)).length
      }
      for (const capture of [true, false]) {
        expect(begun(9, capture, 1)).to.equal(0) // the larger pool is not even made
        expect(begun(7, capture)).to.equal(6)
        setNumThreads(4)
      }
    })

    it('has other threads for the background, and those alone are nice', async () => {
      const train = async (priority: 'normal' | 'background'): Promise<Map<string, number>> => {
        let seen = new Map<string, number>()
        const of = setting()
        const look = {
          onEpochEnd() {
            seen = niceness()
          },
        }
        await fit(of.model, of.loader, { ...of.options, priority, callbacks: [look] })
        return seen
      }
      const nice = (threads: Map<string, number>): string[] =>
        [...threads].filter(([, level]) => level === 19).map(([id]) => id)
      const normal = await train('normal')
      const earlier = nice(normal)
      const background = await train('background')
      const added = nice(background).filter((id) => !earlier.includes(id))
      expect(added).to.not.deep.equal([])
      for (const id of added) expect(normal.has(id)).to.equal(false)
      for (const [id, level] of normal) expect(background.get(id) ?? level).to.equal(level)
      // Of those that were there one may get the processor, and with it its niceness, only later.
      const after = nice(await train('normal'))
      expect(after.filter((id) => !background.has(id))).to.deep.equal([])
    })
  })
})
