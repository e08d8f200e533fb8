import { expect } from 'chai'

import { data } from '../../../ts/index.js'

/** A column of each kind; the rows below compile, or do not, by the transformers alone. */
const make = () =>
  new data.ColumnTransformer({
    bill: [new data.SimpleImputer(), new data.StandardScaler()],
    island: new data.OneHotEncoder(),
    kind: [new data.SimpleImputer({ strategy: 'mostFrequent' }), new data.OrdinalEncoder()],
    seen: [new data.DatetimeEncoder({ addTotalSeconds: false }), new data.MinMaxScaler()],
    note: new data.HashingVectorizer({ nFeatures: 2 }),
    mass: 'passthrough',
  })

const row = { bill: 1, island: 'a', kind: true, seen: new Date(0), note: 'a word', mass: 3 }

describe('the types of rows', () => {
  const columns = make().fit(data.Table.fromRows([row, { ...row, bill: 2 }]))

  it('follow from the transformers', () => {
    expect(columns.transform(row).shape[0]).to.equal(1)
    expect(columns.transform([row, row]).shape[0]).to.equal(2)
    expect(columns.transform({ ...row, bill: null, island: 3, seen: '2024-01-01' }).ndim).to.equal(
      2,
    )
  })

  it('refuse what a transformer does not take', () => {
    const never = (): void => {
      // @ts-expect-error a scaler takes numbers
      columns.transform({ ...row, bill: 'long' })
      // @ts-expect-error the imputer before it does not change that
      columns.transform({ ...row, kind: new Date(0) })
      // @ts-expect-error a vectorizer takes texts
      columns.transform({ ...row, note: 5 })
      // @ts-expect-error what passes is a number
      columns.transform({ ...row, mass: 'heavy' })
      // @ts-expect-error each column has a key
      columns.transform({ bill: 1 })
      // @ts-expect-error a key that is no column
      columns.transform({ bill: 1, island: 'a', kind: 'k', seen: 0, note: '', mass: 1, typo: 1 })
      // @ts-expect-error no transformer
      new data.ColumnTransformer({ bill: 'scale' })
    }
    expect(never).to.be.a('function')
  })
})
