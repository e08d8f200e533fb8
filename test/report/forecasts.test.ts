import { expect } from 'chai'

import { type ForecastStep } from '../../ts/train/records.js'
import { historyOf, hostile } from '../support/histories.js'
import { imbalance, textOf } from '../support/html.js'

const DAY = 86_400_000
const day = (i: number): Date => new Date(Date.UTC(2024, 0, 1 + i))

const came = (i: number, actual = 10 + i, key: string | null = null): ForecastStep => ({
  ...{ key, time: day(i), step: i, actual },
})
/** Forecasts 2 too high, its interval 3 to either side. */
const expected = (i: number, step: number, key: string | null = null): ForecastStep => ({
  ...{ key, time: day(i), step, value: 12 + i, lower: 9 + i, upper: 15 + i },
})

async function section(forecasts: readonly ForecastStep[]): Promise<string> {
  const html = await historyOf({ epochs: 1 }).toHTML({ forecasts })
  expect(imbalance(html)).to.equal(null)
  const own = /<section id="forecasts">.*?<\/section>/s.exec(html)?.[0] ?? ''
  expect(own).not.to.match(/="[^"]*(?:NaN|Infinity|undefined)/)
  return own
}

/** The points of each path of a kind. */
function paths(html: string, kind: string): [x: number, y: number][][] {
  return [...html.matchAll(new RegExp(`<path class="${kind}" d="M([^"Z]*)Z?"`, 'g'))].map((match) =>
    match[1]!.split('L').map((point) => point.split(' ').map(Number) as [number, number]),
  )
}

/** The values along the axis. */
const labels = (html: string): string[] =>
  [...html.matchAll(/<line class="rule"[^>]*><text[^>]*>([^<]*)</g)].map((match) => match[1]!)

const circles = (html: string, kind: string): number =>
  html.match(new RegExp(`<circle class="${kind}"`, 'g'))?.length ?? 0

describe('report: forecasts', () => {
  it('are drawn behind what came, with the band of their interval, in scale', async () => {
    const html = await section([
      ...[0, 1, 2, 3].map((i) => came(i)),
      ...[4, 5].map((i) => expected(i, i - 3)),
    ])
    const [past] = paths(html, 'came')
    const [line] = paths(html, 'forecast')
    const [band] = paths(html, 'interval')
    expect([past!.length, line!.length, band!.length]).to.deep.equal([4, 2, 4])
    // Of days 0 to 5 and values 10 to 20.
    const [left, bottom] = past![0]!
    const right = line![1]![0]
    const top = band![1]![1]
    const x = (i: number): number => left + ((right - left) * i) / 5
    const y = (value: number): number => bottom - ((bottom - top) * (value - 10)) / 10
    const close = (points: [number, number][], places: [i: number, value: number][]): void => {
      points.forEach(([px, py], n) => {
        expect(px).to.be.closeTo(x(places[n]![0]), 0.11)
        expect(py).to.be.closeTo(y(places[n]![1]), 0.11)
      })
    }
    close(past!, [0, 1, 2, 3].map((i) => [i, 10 + i])) // prettier-ignore
    close(line!, [4, 5].map((i) => [i, 12 + i])) // prettier-ignore
    close(band!, [[4, 19], [5, 20], [5, 14], [4, 13]]) // prettier-ignore
    expect(right - left).to.be.above(800)
    expect(bottom - top).to.be.above(200)
    const text = textOf(html)
    expect(text).to.include('What is expected next.')
    expect(text).to.include('2024-01-05: 16.00, 13.00 to 19.00')
    expect(labels(html)).to.deep.equal(['10', '12', '14', '16', '18', '20'])
    const fine = await section([came(0, -1000.1), came(1, -1000)])
    expect(labels(fine)).to.deep.equal(['−1,000.10', '−1,000.08', '−1,000.06', '−1,000.04', '−1,000.02', '−1,000.00']) // prettier-ignore
  })

  it('of points of time before the end are told from each other, and judged by what came', async () => {
    const judged = [0, 1, 2, 3, 4, 5].map((i) => ({
      ...expected(i, (i % 3) + 1),
      actual: i === 4 ? 30 : 12 + i,
      origin: Math.floor(i / 3),
    }))
    const html = await section([...judged, expected(6, 1)])
    expect(paths(html, 'forecast').map(({ length }) => length)).to.deep.equal([3, 3])
    expect(paths(html, 'interval').map(({ length }) => length)).to.deep.equal([6, 6, 2])
    expect(paths(html, 'came').map(({ length }) => length)).to.deep.equal([6])
    expect([circles(html, 'outside'), circles(html, 'forecast alone')]).to.deep.equal([1, 1])
    expect(textOf(html)).to.include('Intervals held 83.33 % of 6 values that came.')
    expect(textOf(html)).to.include('2024-01-05: 16.00, 13.00 to 19.00, came 30.00')
  })

  it('have gaps where steps are missing or not finite', async () => {
    const months = (i: number): ForecastStep => ({
      ...came(i),
      time: new Date(Date.UTC(2024, i, 1)),
    })
    const html = await section([0, 1, 2, 3, 5, 6].map(months))
    expect(paths(html, 'came').map(({ length }) => length)).to.deep.equal([4, 2])
    const odd = { ...expected(3, 3), upper: NaN }
    const parts = [expected(1, 1), expected(2, 2), odd, expected(4, 4), expected(6, 6)]
    const other = await section([...parts, came(1, Infinity)])
    expect(paths(other, 'interval').map(({ length }) => length)).to.deep.equal([4, 2, 2])
    expect(circles(other, 'spot')).to.equal(4)
    expect(circles(other, 'came alone')).to.equal(0)
  })

  it('of one step, of values that are one, and of none are drawn too', async () => {
    const one = await section([{ ...expected(0, 1), time: 2024 }])
    expect(circles(one, 'forecast alone')).to.equal(1)
    expect(textOf(one)).to.include('2024: 12.00')
    const flat = await section([came(0, 5), came(1, 5), came(2, 5)])
    const [line] = paths(flat, 'came')
    expect(new Set(line!.map(([, y]) => y)).size).to.equal(1)
    expect(await section([came(0, NaN)])).to.include('No finite value to draw.')
    expect(await section([])).to.equal('')
  })

  it('of several series have a chart each, by names that do no harm', async () => {
    const keys = ['__proto__', hostile, ...Array.from({ length: 108 }, (_, i) => `shop ${i}`)]
    const html = await section(keys.flatMap((key) => [came(0, 1, key), expected(1, 1, key)]))
    expect(html).not.to.include('<img')
    expect(html.match(/<svg/g)).to.have.length(100)
    const text = textOf(html)
    expect(text).to.include('96 more series')
    expect(text).to.include('10 more series are not drawn.')
    expect(text).to.include('__proto__')
    expect(text).to.include(hostile)
    const known = { ...expected(1, 1, 'a'), actual: 12 }
    expect(textOf(await section([known, expected(2, 2, 'a')]))).to.include('a1 of 1 held')
  })

  it('are refused where they are something else', async () => {
    const step = expected(0, 1)
    for (const forecasts of [
      {},
      [1],
      [{ ...step, key: 3 }],
      [{ ...step, time: new Date(NaN) }],
      [{ ...step, time: '2024-01-01' }],
      [step, { ...step, time: DAY }],
      [{ ...step, step: 0.5 }],
      [{ ...step, upper: undefined }],
      [{ ...step, actual: '7' }],
    ]) {
      const error: unknown = await historyOf({ epochs: 1 })
        .toHTML({ forecasts: forecasts as never })
        .catch((reason: unknown) => reason)
      expect(error).to.have.property('code', 'ERR_VALUE')
      expect(error).to.have.property('message').that.includes('forecasts')
    }
  })
})
