import { expect } from 'chai'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { History } from '../../ts/index.js'
import { facts, historyOf, hostile, hostileHistory } from '../support/histories.js'
import { imbalance, textOf } from '../support/html.js'

interface Embedded {
  readonly epochs: number[]
  readonly best: number | null
  readonly charts: {
    id: string
    percent: boolean
    curves: { name: string; values: (number | null)[] }[]
  }[]
  readonly matrix: { rows: number[][] } | null
}

/** What the page's script reads. */
function embedded(html: string): Embedded {
  const [, json] = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)!
  return JSON.parse(json!) as Embedded
}

const verdict = (html: string): string => textOf(/<p class="verdict">(.*?)<\/p>/s.exec(html)![1]!)

const many = Array.from({ length: 30 }, (_, i) => `class ${i}`)
const histories: Readonly<Record<string, () => History>> = {
  'no epoch': () => new History(),
  'one epoch': () => historyOf({ epochs: 1 }),
  'twelve epochs': () => historyOf({ epochs: 12 }),
  'a thousand epochs': () => historyOf({ epochs: 1000 }),
  'losses that are NaN': () => historyOf({ epochs: 9, nan: [2, 3, 4, 8] }),
  'nothing but NaN': () => historyOf({ epochs: 2, nan: [0, 1], validation: false }),
  'no validation': () => historyOf({ epochs: 4, validation: false }),
  'thirty classes': () => historyOf({ epochs: 2, labels: many }),
  'names that look like HTML': hostileHistory,
}

describe('report: the page', () => {
  for (const [what, make] of Object.entries(histories)) {
    it(`of ${what} is whole, well-formed and loads nothing`, async () => {
      const html = await make().toHTML()
      expect(html).to.match(/^<!doctype html>\n<html lang="en">/)
      expect(imbalance(html)).to.equal(null)
      expect(html).not.to.match(/<(?:script|img|iframe|link)[^>]+(?:src|href)="(?!data:)/)
      expect(html).not.to.match(/@import|url\((?!data:)/)
      expect(html).not.to.match(/>\s*(?:undefined|\[object|NaN %)/)
      expect(html).to.include('Copyright (c) 2022 Leon Sorokin')
    })
  }

  it('holds every curve, number for number', async () => {
    const history = historyOf({ epochs: 12 })
    const { epochs, charts } = embedded(await history.toHTML())
    expect(epochs).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    const curves = charts.map(({ id, curves }) => [id, curves.map(({ name }) => name)])
    expect(curves).to.deep.equal([
      ['loss', ['training', 'validation']],
      ['accuracy', ['training', 'validation']],
      ['mae', ['training']],
      ['lr', ['group 0', 'group 1']],
      ['gradNorm', ['mean of all steps, before clipping', 'last step of the epoch']],
      ['samplesPerSecond', ['samples per second']],
    ])
    const values = Object.fromEntries(
      charts.map(({ id, curves }) => [id, curves.map(({ values }) => values)]),
    )
    const { epochs: records } = history
    expect(values).to.deep.equal({
      loss: [history.values('loss'), history.values('valLoss')],
      accuracy: [history.values('accuracy'), history.values('valAccuracy')],
      mae: [history.values('mae')],
      lr: [0, 1].map((group) => records.map(({ lrs }) => lrs[group])),
      gradNorm: [history.values('gradNorm'), records.map(({ gradNorm }) => gradNorm)],
      samplesPerSecond: [records.map(({ samplesPerSecond }) => samplesPerSecond)],
    })
    expect(charts.filter(({ percent }) => percent).map(({ id }) => id)).to.deep.equal(['accuracy'])
  })

  it('has gaps for what is not finite, and says where', async () => {
    const history = historyOf({ epochs: 9, nan: [2, 3, 4, 8] })
    const html = await history.toHTML()
    const [loss] = embedded(html).charts[0]!.curves
    expect(loss!.values.map((value) => value === null)).to.deep.equal(
      history.values('loss').map(Number.isNaN),
    )
    expect(textOf(html)).to.include(
      'Training loss was NaN in epochs 3–5 and 9: its curve has a gap',
    )
  })

  const verdicts: readonly [what: string, make: () => History, expected: string][] = [
    ['no epoch', () => new History(), 'No epoch was trained.'],
    [
      'an abort in the first epoch',
      () => Object.assign(new History(), { outcome: 'aborted' }),
      'The training was aborted in its first epoch.',
    ],
    [
      'one epoch',
      () => historyOf({ epochs: 1 }),
      'Validation accuracy is 30.00 % after one epoch.',
    ],
    [
      'accuracy that went down again',
      () => historyOf({ epochs: 60 }),
      // 0.9 - 0.6 exp(-t / 7) - 0.001 t is largest at t = 7 ln(600 / 7) = 31.2.
      'Validation accuracy was best with 86.18 % in epoch 32 and ended at 84.09 %.',
    ],
    [
      'accuracy that still rises',
      () => historyOf({ epochs: 10 }),
      'Validation accuracy was best at the end: 72.51 % in epoch 10 of 10.',
    ],
    [
      'a metric under a name of its own, by its traits',
      () => {
        const history = historyOf({ epochs: 12, metric: 'gain', validation: false })
        const gain = { name: 'gain', higherIsBetter: true, isShare: true }
        history.facts = { ...history.facts!, metrics: [gain] }
        return history
      },
      // 3 / (1 + t) falls, and is no share where it is above 1.
      'Training gain was best with 3.000 in epoch 1 and ended at 1.167.',
    ],
    [
      'nothing finite but a metric nobody knows',
      () => {
        const history = new History()
        const [record] = historyOf({ epochs: 1, nan: [0], validation: false }).epochs
        history.epochs.push({ ...record!, logs: { loss: NaN, other: 1 } })
        return history
      },
      'Nothing finite was measured in 1 epoch.',
    ],
  ]
  for (const [what, make, expected] of verdicts) {
    it(`sums up ${what}`, async () => {
      expect(verdict(await make().toHTML())).to.equal(expected)
    })
  }

  it('tells of overfitting, of missing validation, of an early end, of weights that are not finite', async () => {
    // 2.1 exp(-t) + 0.05 t with t = epoch / 7 is least at t = ln 42, in the 27th epoch.
    expect(textOf(await historyOf({ epochs: 80 }).toHTML())).to.match(
      /After epoch 27 the validation loss rose from 0\.2369 to 0\.5643 while .* begun to overfit/,
    )
    expect(textOf(await historyOf({ epochs: 8 }).toHTML())).not.to.include('overfit')
    const alone = historyOf({ epochs: 8, validation: false })
    expect(textOf(await alone.toHTML())).to.include('There was no validation data')
    alone.outcome = 'aborted'
    expect(textOf(await alone.toHTML())).to.include('The training was aborted after 8 epochs.')
    const { weights } = historyOf({ epochs: 1 })
    const broken = { ...weights[0]!.parameters['0.weight']!, notFinite: 2 }
    alone.weights.push({ epoch: 7, parameters: { '0.weight': broken } })
    expect(textOf(await alone.toHTML())).to.include(
      'There are weights that are not finite in 0.weight.',
    )
  })

  it('shows the confusion matrix with its shares', async () => {
    const html = await historyOf({ epochs: 2 }).toHTML()
    const text = textOf(html)
    expect(text).to.include('Answers to the validation samples after epoch 2')
    // Rows 40 1 2, 1 41 3, 2 3 42.
    expect(html).to.include('title="dog answered as emu: 3, 6.67 % of the row"')
    expect(text).to.match(/dog 1 41 3 91\.11 %/)
    expect(text).to.match(/precision 93\.0 % 91\.1 % 89\.4 %/)
    expect(text).to.include('dog as emu3 times, 6.67 %')
    expect(embedded(html).matrix).to.equal(null)
    const large = historyOf({ epochs: 2, labels: many })
    const { matrix } = embedded(await large.toHTML())
    expect(matrix!.rows).to.deep.equal(large.epochs[1]!.results['valConfusionMatrix'])
  })

  it('takes names of classes and a title', async () => {
    const html = await historyOf({ epochs: 1 }).toHTML({ title: 'T <1>', labels: ['x', 'y', 'z'] })
    expect(html).to.include('<title>T &lt;1&gt;</title>')
    expect(html).to.include('title="y answered as z: 3, 6.67 % of the row"')
  })

  it('takes numbers for names and title', async () => {
    const html = await historyOf({ epochs: 1 }).toHTML({ title: 2026, labels: [10, -1, 0.5] })
    expect(html).to.include('<title>2026</title>')
    expect(html).to.include('title="-1 answered as 0.5: 3, 6.67 % of the row"')
    for (const options of [
      { title: true },
      { title: null },
      { labels: [1, null] },
      { labels: 1 },
    ]) {
      const error: unknown = await historyOf({ epochs: 1 })
        .toHTML(options as never)
        .catch((reason: unknown) => reason)
      expect(error).to.have.property('code', 'ERR_VALUE')
    }
  })

  it('shows layers with their times, or why there are none', async () => {
    const history = historyOf({ epochs: 1 })
    const text = textOf(await history.toHTML())
    expect(text).to.match(/A step over 8 samples, .* takes 510 µs without the optimizer/)
    expect(text).to.match(/0 Linear\(4, 3\) 8 × 3 15 96 325 µs 64 %/)
    const { layers } = history.layers!
    const none = layers.map((layer) => ({ ...layer, forwardMs: null, backwardMs: null }))
    const [criterionMs, samples] = [null, null]
    history.layers = { layers: none, criterionMs, samples, reason: 'they were not wanted' }
    expect(textOf(await history.toHTML())).to.include(
      'Times were not measured: they were not wanted.',
    )
  })

  it('tells the environment, the mode and why', async () => {
    const history = historyOf({ epochs: 5 })
    const text = textOf(await history.toHTML())
    for (const part of [
      'began 2025-03-04 05:06:07 UTC',
      'epochs 5',
      'time 1.50 s, 250 ms of it validation',
      'steps captured: on a thread of its own',
      'batch size 8',
      'clipped to norm 1',
      `gradlane ${facts.environment.version}`,
      'Node 22.1.0',
      'CPU A processor',
      'instruction set avx2',
      'threads 3',
    ]) {
      expect(text).to.include(part)
    }
    history.mode = 'eager'
    history.reason = 'Doubled computes in JavaScript'
    expect(textOf(await history.toHTML())).to.include(
      'steps eager: on the main thread, because Doubled computes in JavaScript',
    )
  })

  it('shows the ranks, how long each has waited, and whom they waited for', async () => {
    const html = await historyOf({ epochs: 3, ranks: 4 }).toHTML()
    const text = textOf(html)
    // They waited 10, 20, 30 and 40 ms of 250.
    expect(text).to.include('Efficiency 90.00 % 4 ranks on 2 hosts')
    expect(text).to.include('share of the time 0 node-0 8 4 30.0 ms 4.00 %')
    expect(text).to.include('3 node-1 8 4 120 ms 16.00 %')
    expect(text).to.include('Rank 0 waited least: the others waited for it.')
    expect(text).to.include('processes 4 ranks on 2 hosts')
    expect(text).to.include('batch size 8 on each rank')
    const chart = embedded(html).charts.find(({ id }) => id === 'efficiency')!
    expect(chart.percent).to.equal(true)
    expect(chart.curves).to.have.length(1)
    for (const value of chart.curves[0]!.values) expect(value).to.be.closeTo(0.9, 1e-12)
    const alike = textOf(await historyOf({ epochs: 3, ranks: 2 }).toHTML())
    expect(alike).to.include('Efficiency 94.00 % 2 ranks on 1 host')
    expect(alike).not.to.include('waited least') // 4 and 8 %
    const alone = await historyOf({ epochs: 3 }).toHTML()
    expect(alone).not.to.match(/Efficiency|id="ranks"|on each rank/)
  })

  it('counts of a training that went on with other ranks the epochs of the last ones', async () => {
    const history = historyOf({ epochs: 2, ranks: 4 })
    const { epochs } = historyOf({ epochs: 3, ranks: 2 })
    const alone = historyOf({ epochs: 1 }).epochs
    history.epochs.unshift(...alone)
    history.epochs.push(...epochs.slice(1))
    history.facts = { ...history.facts!, ranks: history.facts!.ranks!.slice(0, 2) }
    const html = await history.toHTML()
    expect(textOf(html)).to.include('Efficiency 94.00 % 2 ranks on 1 host')
    expect(textOf(html)).to.include('1 node-0 8 4 40.0 ms 8.00 %')
    const { values } = embedded(html).charts.find(({ id }) => id === 'efficiency')!.curves[0]!
    expect(values.map((value) => value && value.toFixed(2))).to.deep.equal([
      ...[null, '0.90', '0.90', '0.94', '0.94'],
    ])
    history.facts = { ...history.facts, ranks: history.facts.ranks!.slice(0, 1) }
    expect(textOf(await history.toHTML())).not.to.include('Efficiency 9')
  })

  it('has a row for every epoch, of very many for some, among them the best and the last', async () => {
    const rows = (html: string): number[] =>
      [...html.matchAll(/<tr(?: class="best")?><th scope="row">(\d+)<\/th><td>[\d.−]+/g)].map(
        ([, epoch]) => Number(epoch),
      )
    const section = (html: string): string => html.slice(html.indexOf('<section id="epochs">'))
    expect(rows(section(await historyOf({ epochs: 12 }).toHTML()))).to.have.length(12)
    const shown = rows(section(await historyOf({ epochs: 2500 }).toHTML()))
    expect(shown).to.have.length(835) // every third of 2500, the best (32nd), the last is one of them
    expect(shown).to.include.members([1, 4, 32, 2500])
  })

  it('escapes names everywhere', async () => {
    const html = await hostileHistory().toHTML({ title: hostile })
    expect(html).not.to.include('<img')
    expect(html).not.to.include('<!--')
    // The data and the scripts of the page.
    expect(html.match(/<\/script>/g)).to.have.length(3)
    expect(html.match(/<script/g)).to.have.length(3)
    const { charts } = embedded(html)
    expect(charts.map(({ id }) => id)).to.include(hostile)
    expect(textOf(html)).to.include(hostile)
  })

  it('is written to its file, whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradlane-report-'))
    try {
      const history = historyOf({ epochs: 2 })
      const file = join(folder, 'report.html')
      await history.report(file, { title: 'One' })
      await history.report(file, { title: 'Two' })
      expect(readFileSync(file, 'utf8')).to.equal(await history.toHTML({ title: 'Two' }))
      expect(readdirSync(folder)).to.deep.equal(['report.html'])
      let error: unknown
      await history.report(join(folder, 'none', 'report.html')).catch((thrown: unknown) => {
        error = thrown
      })
      expect(error).to.have.property('code', 'ENOENT')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
