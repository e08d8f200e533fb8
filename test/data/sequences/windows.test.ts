import { expect } from 'chai'

import {
  arange,
  data,
  DTypeError,
  fit,
  manualSeed,
  nn,
  NotFiniteError,
  optim,
  ShapeError,
  tensor,
  ValueError,
} from '../../../ts/index.js'
import { eachBackend } from '../../support/each-backend.js'

const wrong = (value: unknown): never => value as never

describe('data.windows', () => {
  eachBackend(() => {
    it('gives the past and what follows, of a series without columns', () => {
      const windows = data.windows(arange(10), { past: 3, horizon: 2 })
      expect(windows.length).to.equal(6)
      expect(windows.get(5).map((part) => part.toArray())).to.deep.equal([[5, 6, 7], [8, 9]]) // prettier-ignore
      const [x, y] = windows.gather(tensor([0, 4], { dtype: 'int32' }))
      expect(x.toArray()).to.deep.equal([
        [0, 1, 2],
        [4, 5, 6],
      ])
      expect(y.toArray()).to.deep.equal([
        [3, 4],
        [7, 8],
      ])
    })

    it('the next of each step with offset 1, of numbers of any dtype, every few steps', () => {
      const tokens = arange(12, { dtype: 'int32' })
      const windows = data.windows(tokens, { past: 4, horizon: 4, offset: 1, stride: 3 })
      expect(windows.length).to.equal(3)
      const [x, y] = windows.get(2)
      expect(x.dtype).to.equal('int32')
      expect([x.toArray(), y.toArray()]).to.deep.equal([[6, 7, 8, 9], [7, 8, 9, 10]]) // prettier-ignore
    })

    it('picks columns of a tensor or a table, one target or several', () => {
      const rows = Array.from({ length: 7 }, (_, t) => [t, 10 * t, 100 * t])
      const table = new data.Table({
        a: rows.map(([a]) => a!),
        b: rows.map(([, b]) => b!),
        word: rows.map(() => 'x'),
        c: rows.map(([, , c]) => c!),
      })
      const one = data.windows(tensor(rows), { past: 2, horizon: 2, features: [2, 0], target: 1 })
      const other = data.windows(table, { past: 2, horizon: 2, features: ['c', 'a'], target: 'b' })
      for (const windows of [one, other]) {
        const [x, y] = windows.get(3)
        expect(x.toArray()).to.deep.equal([
          [300, 3],
          [400, 4],
        ])
        expect(y.toArray()).to.deep.equal([50, 60])
      }
      const all = data.windows(tensor(rows), { past: 1, horizon: 1, target: [1, 2] })
      const [x, y] = all.get(0)
      expect([x.toArray(), y.toArray()]).to.deep.equal([[[0, 0, 0]], [[10, 100]]])
    })

    it('no window reaches from one series into the next', () => {
      const options = { past: 2, horizon: 1, lengths: [4, 2, 5], stride: 2 }
      const windows = data.windows(arange(11), options)
      const firsts = Array.from({ length: windows.length }, (_, i) => windows.get(i)[0].data[0])
      expect(firsts).to.deep.equal([0, 6, 8])
      expect(windows.gather(tensor([2, 0], { dtype: 'int32' }))[1].toArray()).to.deep.equal([[10], [2]]) // prettier-ignore
    })

    it('holds the series, no window of it', () => {
      const series = arange(1000)
      const windows = data.windows(series, { past: 500, horizon: 100 })
      series.data[499] = -1
      expect(windows.get(0)[0].data[499]).to.equal(-1)
    })

    it('is trained on inside of a captured step as it is eagerly', async () => {
      const values = Array.from({ length: 60 }, (_, t) => Math.sin(t / 3))
      for (const lengths of [undefined, [25, 35]]) {
        const trained = async (capture: boolean) => {
          manualSeed(4)
          const windows = data.windows(tensor(values), {
            past: 8,
            horizon: 2,
            ...(lengths && { lengths }),
          })
          const model = new nn.Linear(8, 2)
          const loader = new data.DataLoader(windows, { batchSize: 16, shuffle: true })
          const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 })
          const criterion = new nn.MSELoss()
          const options = { criterion, optimizer, epochs: 30, capture, progress: false }
          const { last } = await fit(model, loader, options)
          return last['loss']!
        }
        const [captured, eager] = [await trained(true), await trained(false)]
        expect(captured).to.equal(eager)
        expect(captured).to.be.below(0.05)
      }
    })

    it('tells what does not fit', () => {
      const series = arange(5)
      const cut = (options: object, of: unknown = series) => () => data.windows(wrong(of), wrong(options)) // prettier-ignore
      expect(cut({ past: 3 })).to.throw(ValueError, 'horizon')
      expect(cut({ past: 3, horizon: 3 })).to.throw(ValueError, 'at least 6 steps')
      expect(cut({ past: 0, horizon: 1 })).to.throw(ValueError, 'past')
      expect(cut({ past: 1, horizon: 1, features: [1] })).to.throw(ValueError, 'within 0 to 0')
      expect(cut({ past: 1, horizon: 1, features: [] })).to.throw(ValueError, 'features')
      expect(cut({ past: 1, horizon: 1, lengths: [2, 2] })).to.throw(ValueError, '5 together')
      expect(cut({ past: 3, horizon: 1, lengths: [2, 3] })).to.throw(ValueError, '2 series')
      expect(cut({ past: 1, horizon: 1 }, [1, 2, 3])).to.throw(ValueError, 'the series')
      expect(cut({ past: 1, horizon: 1 }, tensor([[[1]]]))).to.throw(ShapeError, 'shape (T)')
      const table = new data.Table({ a: [1, null, 3, 4], b: ['x', 'y', 'x', 'y'] })
      expect(cut({ past: 1, horizon: 1, features: ['b'] }, table)).to.throw(DTypeError, 'category')
      expect(cut({ past: 1, horizon: 1, features: ['a'] }, table)).to.throw(
        NotFiniteError,
        "row 1 of column 'a'",
      )
      expect(cut({ past: 1, horizon: 1, features: ['aa'] }, table)).to.throw(ValueError, "'a'")
      const windows = data.windows(series, { past: 2, horizon: 1 })
      expect(() => windows.get(3)).to.throw(ValueError, 'within 0 to 2')
      expect(() => windows.gather(tensor([3], { dtype: 'int32' }))).to.throw(ValueError, 'outside')
      expect(() => windows.gather(tensor([0]))).to.throw(DTypeError, 'int32')
    })
  })
})
