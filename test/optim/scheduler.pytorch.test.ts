import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { optim, nn, zeros } from '../../ts/index.js'

// Made by test/fixtures/scheduler.py, which says what is in it.
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/scheduler.json', import.meta.url), 'utf8'),
) as Fixture

interface Fixture {
  lrs: number[]
  steps: number
  resume: number
  cases: Case[]
}

interface Case {
  optimizer: 'SGD' | 'Adam'
  schedulers: string[]
  options: Record<string, unknown>[]
  lrs: number[][]
  momenta: number[][] | null
  states: Record<string, unknown>[]
}

type Scheduler = optim.LRScheduler | optim.ReduceLROnPlateau

const lambdas: Record<string, optim.LrLambda> = {
  inverse_root: (t) => 1 / Math.sqrt(1 + t),
  halves: (t) => 0.5 ** Math.floor(t / 8),
  nearly_one: (t) => 1 - 1 / (t + 8),
}

const metric = (step: number): number => Math.max(1 - step / 20, 0.4) + (step % 7 === 3 ? 1 / 8 : 0)

function camel(name: string): string {
  const lower = name.replace(/^T_/, 't_')
  return lower.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function optionsOf(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      if (name === 'scale_fn') return [camel(name), lambdas[value as string]]
      if (name !== 'lr_lambda') return [camel(name), value]
      const names = value as string | string[]
      return ['lrLambda', typeof names === 'string' ? lambdas[names] : names.map((n) => lambdas[n])]
    }),
  )
}

function makeOptimizer(kind: Case['optimizer']): optim.Optimizer<{ lr: number }> {
  const groups = fixture.lrs.map((lr) => ({ params: new nn.Parameter(zeros([1])), lr }))
  if (kind === 'Adam') return new optim.Adam(groups)
  return new optim.SGD(groups, { momentum: 0.6 })
}

function make(name: string, options: Record<string, unknown>, to: optim.Schedulable): Scheduler {
  if (name === 'SequentialLR') {
    const { schedulers, milestones } = options as {
      schedulers: [string, Record<string, unknown>][]
      milestones: number[]
    }
    const parts = schedulers.map((part) => make(...part, to) as optim.LRScheduler)
    return new optim.SequentialLR(to, { schedulers: parts, milestones })
  }
  const constructor = optim[name as 'StepLR'] as unknown as new (
    optimizer: optim.Schedulable,
    options: object,
  ) => Scheduler
  return new constructor(to, optionsOf(options))
}

function advance(scheduler: Scheduler, step: number): void {
  if (scheduler instanceof optim.ReduceLROnPlateau) scheduler.step(metric(step))
  else scheduler.step()
}

/**
 * PyTorch multiplies from step to step. A step rounds at most 8 times, and where a factor is a
 * difference of nearly equal numbers (1 + cos near its minimum, 1 - t / T), the learning rate is
 * small in the same proportion, so the absolute error grows by 8 u a step times the largest learning
 * rate. Past the minimum a cosine grows again from (1 - cos(π / T)) / 2, whose rounding error u is
 * relative 4 u (T / π)², and takes that error along up to the top.
 */
function tolerance(one: Case, step: number): number {
  const largest = Math.max(...one.lrs.flat())
  const periods = one.options.map(({ T_max: t }) => (typeof t === 'number' && step > t ? t : 0))
  return 2 ** -53 * largest * 8 * (step + 1 + 4 * (Math.max(...periods) / Math.PI) ** 2)
}

function expectLrs(one: Case, step: number, optimizer: optim.Schedulable): void {
  one.lrs[step]!.forEach((lr, group) => {
    const got = optimizer.paramGroups[group]!.lr
    expect(got, `step ${step}, group ${group}`).to.be.closeTo(lr, tolerance(one, step))
  })
  one.momenta?.[step]!.forEach((momentum, group) => {
    const live = optimizer.paramGroups[group] as { momentum?: number; betas?: [number, number] }
    const got = live.betas?.[0] ?? live.momentum
    // Computed anew at each step on both sides.
    expect(got, `momentum of step ${step}`).to.be.closeTo(momentum, 16 * 2 ** -53)
  })
}

describe('schedulers follow the trajectories of PyTorch', () => {
  for (const one of fixture.cases) {
    const title = `${one.optimizer} ${one.schedulers.join(' + ')} ${JSON.stringify(one.options)}`

    it(`${title}: from the start`, () => {
      const optimizer = makeOptimizer(one.optimizer)
      const made = one.schedulers.map((name, i) => make(name, one.options[i]!, optimizer))
      expectLrs(one, 0, optimizer)
      for (let step = 1; step <= fixture.steps; step++) {
        for (const scheduler of made) advance(scheduler, step)
        expectLrs(one, step, optimizer)
        expect(made.at(-1)!.getLastLr()).to.deep.equal(optimizer.paramGroups.map(({ lr }) => lr))
      }
    })

    it(`${title}: resumed from our state dict, bit for bit`, () => {
      const [straight, resumed] = [makeOptimizer(one.optimizer), makeOptimizer(one.optimizer)]
      const before = one.schedulers.map((name, i) => make(name, one.options[i]!, straight))
      const after = one.schedulers.map((name, i) => make(name, one.options[i]!, resumed))
      for (let step = 1; step <= fixture.steps; step++) {
        for (const scheduler of before) advance(scheduler, step)
        if (step === fixture.resume) {
          resumed.loadStateDict(straight.stateDict())
          after.forEach((scheduler, i) => {
            // As a checkpoint in JSON brings it.
            const text = JSON.stringify(before[i]!.stateDict())
            scheduler.loadStateDict(JSON.parse(text) as optim.SchedulerStateDict)
          })
        }
        if (step <= fixture.resume) continue
        for (const scheduler of after) advance(scheduler, step)
        expect(resumed.stateDict().param_groups).to.deep.equal(straight.stateDict().param_groups)
        expect(after.map((s) => s.stateDict())).to.deep.equal(before.map((s) => s.stateDict()))
      }
    })

    it(`${title}: resumed from PyTorch's state dict`, () => {
      const optimizer = makeOptimizer(one.optimizer)
      const made = one.schedulers.map((name, i) => make(name, one.options[i]!, optimizer))
      optimizer.paramGroups.forEach((group, i) => (group.lr = one.lrs[fixture.resume]![i]!))
      made.forEach((scheduler, i) => {
        scheduler.loadStateDict(one.states[i]!)
      })
      for (let step = fixture.resume + 1; step <= fixture.steps; step++) {
        for (const scheduler of made) advance(scheduler, step)
        expectLrs(one, step, optimizer)
      }
    })

    it(`${title}: a state dict under PyTorch's names`, () => {
      const optimizer = makeOptimizer(one.optimizer)
      const made = one.schedulers.map((name, i) => make(name, one.options[i]!, optimizer))
      // How PyTorch computes, not what; OneCycle keeps its options in the optimizer's groups there.
      const inner = [
        ...['verbose', '_get_lr_called_within_step', '_schedule_phases', 'use_beta1'],
        ...['_scale_fn_custom', '_scale_fn_ref'],
      ]
      made.forEach((scheduler, i) => {
        const wanted = Object.keys(one.states[i]!).filter((key) => !inner.includes(key))
        expect(scheduler.stateDict()).to.include.all.keys(wanted)
      })
    })
  }
})
