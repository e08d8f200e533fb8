import { expect } from 'chai'

import { data, ValueError } from '../../../ts/index.js'

const plain = { resolution: 'second', periodicEncoding: null } as const

describe('data.DatetimeEncoder', () => {
  it('finds the parts that Date finds, before 1970 and in leap years too', () => {
    const moments = Array.from({ length: 4000 }, (_, i) =>
      Math.floor(Math.sin(i * 12.9898) * 1e13 + i * 7),
    )
    for (const text of [
      '1969-12-31T23:59:59Z',
      '2000-02-29',
      '1900-03-01',
      '2024-12-31',
      '0000-01-01',
    ])
      moments.push(Date.parse(text))
    const dates = moments.map((moment) => new Date(moment))
    const encoder = new data.DatetimeEncoder(plain)
    const made = encoder.fit(dates).transform(new data.DateColumn(Float64Array.from(moments)))
    expect(encoder.getFeatureNamesOut(['t'])).to.deep.equal(
      ['year', 'month', 'day', 'hour', 'minute', 'second', 'weekday', 'total_seconds'].map(
        (part) => `t_${part}`,
      ),
    )
    dates.forEach((date, row) => {
      expect(made.select(0, row).toArray(), date.toISOString()).to.deep.equal([
        date.getUTCFullYear(),
        date.getUTCMonth() + 1,
        date.getUTCDate(),
        date.getUTCHours(),
        date.getUTCMinutes(),
        date.getUTCSeconds(),
        date.getUTCDay() || 7,
        Math.fround(date.getTime() / 1000),
      ])
    })
  })

  it('puts parts on a circle', () => {
    const encoder = new data.DatetimeEncoder({ addTotalSeconds: false, resolution: 'month' })
    const made = encoder.fitTransform([new Date('2024-01-01'), new Date('2024-04-07')])
    expect(encoder.getFeatureNamesOut(['t'])).to.deep.equal([
      't_year',
      't_month_sin',
      't_month_cos',
      't_weekday_sin',
      't_weekday_cos',
    ])
    const sunday = (-2 * Math.PI) / 7
    const expected = [
      [2024, 0, 1, 0, 1],
      [2024, 1, 0, Math.sin(sunday), Math.cos(sunday)],
    ]
    expected.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(made.select(0, i).data[j]).to.be.closeTo(value, 1e-6)
      })
    })
  })

  it('goes back by the seconds', () => {
    const dates = ['2024-05-06T07:08:00Z', '1970-01-01'].map((text) => new Date(text))
    const encoder = new data.DatetimeEncoder().fit(dates)
    const back = encoder.inverseTransform(encoder.transform(dates))
    expect(back.type).to.equal('date')
    // float32 holds the seconds of today in steps of 128
    expect(Math.abs(Number(back.get(0)) - Number(dates[0]))).to.be.at.most(64_000)
    expect(back.get(1)).to.deep.equal(dates[1])
    const without = new data.DatetimeEncoder({ addTotalSeconds: false }).fit(dates)
    expect(() => without.inverseTransform(without.transform(dates))).to.throw(
      ValueError,
      /addTotalSeconds/,
    )
  })

  it('leaves gaps to an imputer, whose indicator passes', () => {
    const table = new data.Table({ t: [new Date(0), null, new Date(86_400_000 * 2)] })
    const alone = new data.ColumnTransformer({ t: new data.DatetimeEncoder() }).fit(table)
    expect(() => alone.transform(table)).to.throw(ValueError, /row 1 of column 't'.*a gap/)
    const filled = new data.ColumnTransformer({
      t: [new data.SimpleImputer({ addIndicator: true }), new data.DatetimeEncoder(plain)],
    }).fit(table)
    const made = filled.transform(table)
    expect(filled.featureNames.at(-1)).to.equal('missingindicator_t')
    expect(made.select(0, 1).toArray()).to.deep.equal([1970, 1, 2, 0, 0, 0, 5, 86_400, 1])
    expect(() => new data.DatetimeEncoder().fit(['word'])).to.throw(ValueError, /date/)
  })
})
