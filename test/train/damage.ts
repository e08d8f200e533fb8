import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import {
  callbacks,
  data,
  fitSync,
  type FitSyncOptions,
  FormatError,
  Generator,
  History,
  manualSeed,
  nn,
  optim,
  randn,
  Tensor,
  tensor,
} from '../../ts/index.js'
import { defaultGenerator } from '../../ts/random/generator.js'

/** A training with every kind of state. */
interface Subject {
  readonly model: nn.Module
  readonly loader: data.DataLoader<readonly [Tensor, Tensor]>
  readonly options: FitSyncOptions & { history: History }
  /** All that it carries, as text. */
  state(): string
}

function subject(file: string): Subject {
  manualSeed(7)
  const generator = new Generator(1)
  const x = randn([22, 3], { generator })
  const labels = Array.from({ length: 22 }, (_, i) => (x.data[3 * i]! > 0 ? 1 : 0))
  const order = new Generator(2)
  const loader = new data.DataLoader([x, tensor(labels, { dtype: 'int32' })], {
    batchSize: 4,
    shuffle: true,
    generator: order,
  })
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.Dropout(0.2),
    new nn.Linear(4, 2),
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 })
  const scheduler = new optim.StepLR(optimizer, { stepSize: 1 })
  const stopping = new callbacks.EarlyStopping({ patience: 9, monitor: 'loss' })
  const history = new History()
  const options: Subject['options'] = {
    criterion: new nn.CrossEntropyLoss(),
    optimizer,
    scheduler,
    metrics: ['accuracy', 'confusionMatrix'],
    callbacks: [stopping],
    epochs: 3,
    checkpoint: { path: file, everySteps: 2 },
    history,
    details: true,
  }
  const state = (): string =>
    JSON.stringify(
      [
        model.stateDict(),
        optimizer.stateDict(),
        scheduler.stateDict(),
        stopping.stateDict(),
        [defaultGenerator, order, ...model.generators()].map((one) => one.getState()),
        history.epochs.map(({ epoch, logs, results }) => [epoch, logs, results]),
        history.weights,
      ],
      (_, value: unknown) => (value instanceof Tensor ? Array.from(value.data, String) : value),
    )
  return { model, loader, options, state }
}

/** Damage of a kind that disks, networks and programs do, somewhere. */
function damaged(bytes: Uint8Array, draw: (below: number) => number): [string, Uint8Array] {
  const copy = Buffer.from(bytes)
  const at = draw(bytes.length)
  const length = 1 + draw(Math.min(64, bytes.length - at))
  switch (draw(7)) {
    case 0: {
      const bit = draw(8)
      copy[at]! ^= 1 << bit
      return [`bit ${bit} of byte ${at} flipped`, copy]
    }
    case 1:
      return [`cut off at ${at}`, copy.subarray(0, at)]
    case 2:
      copy.fill(0, at, at + length)
      return [`${length} bytes of zeros at ${at}`, copy]
    case 3: {
      const from = draw(bytes.length - length)
      copy.set(bytes.subarray(from, from + length), at)
      return [`${length} bytes from ${from} over those at ${at}`, copy]
    }
    case 4:
      return [
        `${length} bytes missing at ${at}`,
        Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]),
      ]
    case 5: {
      const twice = [copy.subarray(0, at + length), copy.subarray(at)]
      return [`${length} bytes twice at ${at}`, Buffer.concat(twice)]
    }
    default: {
      for (let i = 0; i < 3; i++) copy[draw(bytes.length)] = draw(256)
      return ['three bytes at random', copy]
    }
  }
}

/**
 * Damages a checkpoint in so many ways and resumes from each: that is refused with nothing changed, or comes
 * to the same bits.
 *
 * @returns what went wrong.
 */
export function damageCheckpoints(cases: number, seed: number): string[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-damage-'))
  try {
    const file = path.join(folder, 'run.ckpt')
    const whole = subject(file)
    fitSync(whole.model, whole.loader, whole.options)
    const expected = whole.state()
    const first = subject(file)
    const stop: callbacks.Callback = {
      onBatchEnd({ step }) {
        if (step === 9) throw new Error('stop')
      },
    }
    const stopped = { ...first.options, callbacks: [...first.options.callbacks!, stop] }
    try {
      fitSync(first.model, first.loader, stopped)
    } catch {
      // in the middle of an epoch, as was meant
    }
    const bytes = readFileSync(file)
    const good = subject(file)
    fitSync(good.model, good.loader, { ...good.options, resume: true })
    if (good.state() !== expected) throw new Error('the checkpoint does not resume')
    if (subject(file).state() === expected) throw new Error('the training trains nothing')
    const failures: string[] = []
    let random = seed
    const draw = (below: number): number => {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0
      return Math.floor((random / 2 ** 32) * below)
    }
    for (let i = 0; i < cases; i++) {
      const [what, content] = damaged(bytes, draw)
      writeFileSync(file, content)
      const one = subject(file)
      const { model, loader, options } = one
      const before = one.state()
      let refused: unknown
      try {
        fitSync(model, loader, { ...options, resume: true })
      } catch (error) {
        refused = error
      }
      const harmless = refused === undefined && one.state() === expected
      const untouched = refused instanceof FormatError && one.state() === before
      if (!harmless && !untouched) {
        failures.push(`${what} (${i}, seed ${seed}): ${String(refused)}`)
      }
      const left = readdirSync(folder).filter((name) => name !== 'run.ckpt')
      if (left.length > 0) failures.push(`${what} (${i}, seed ${seed}): ${left.join()} is left`)
    }
    return failures
  } finally {
    rmSync(folder, { recursive: true })
  }
}
