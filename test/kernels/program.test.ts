import { expect } from 'chai'

import { ones, ValueError, zeros } from '../../ts/index.js'
import { programOf } from '../../ts/kernels/backend.js'
import type { Program } from '../../ts/kernels/program.js'
import type { Tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const options = { intervalMs: 1e6 }

describe('kernels: a program', () => {
  eachBackend(() => {
    /** y += x over a placeholder for x. */
    function adding(): { program: Program; x: Tensor; y: Tensor } {
      const [x, y] = [ones([2]), zeros([2])]
      const program = programOf([{ method: 'axpby', args: { x, y, n: 2, alpha: 1, beta: 1 } }])
      expect(program.addPlaceholder(x.buffer)).to.equal(0)
      return { program, x, y }
    }

    it('lays placeholders within their memory only', () => {
      const { program, x, y } = adding()
      const rows = ones([3, 2]).buffer
      const wrong: [number, ArrayBuffer, number, number][] = [
        [-1, rows, 0, 0],
        [1, rows, 0, 0],
        [1e6, rows, 0, 0],
        [0, rows, -8, 8],
        [0, rows, 20, 8],
        [0, rows, 2 ** 52, 8],
        [0, rows, 0, -8],
        [0, new ArrayBuffer(4), 0, 0],
        [0, new ArrayBuffer(0), 0, 0],
      ]
      for (const placing of wrong) {
        expect(() => {
          program.place(...placing)
        }, String(placing[0])).to.throw(ValueError, /placeholder/)
      }
      program.runSync(1)
      expect(y.toArray()).to.deep.equal([1, 1])
      program.place(0, rows, 8, 8)
      expect(() => {
        program.runSync(3) // the third would lie behind the rows
      }).to.throw(ValueError)
      expect(y.toArray()).to.deep.equal([3, 3])
      program.place(0, x.buffer, 0, 0)
      program.runSync(1)
      expect(y.toArray()).to.deep.equal([4, 4])
    })

    it('can only be stopped from its start until its end was told', async () => {
      const { program, x } = adding()
      const ends: number[] = []
      await new Promise<void>((resolve) => {
        const listener = {
          progress: () => undefined,
          end: (done: number) => {
            ends.push(done)
            resolve()
          },
        }
        program.start(1e9, options, listener)
        for (const call of [
          () => program.addPlaceholder(x.buffer),
          () => program.timeCalls(1),
          () => {
            program.place(0, x.buffer, 0, 0)
          },
          () => {
            program.runSync(1)
          },
          () => {
            program.start(1, options, listener)
          },
        ]) {
          expect(call).to.throw(ValueError, 'program: a replay is running')
        }
        program.stop()
      })
      expect(ends).to.have.length(1)
      await new Promise<void>((resolve) => {
        program.start(3, options, {
          progress: () => undefined,
          end: (done) => {
            ends.push(done)
            program.runSync(1) // it has ended
            resolve()
          },
        })
      })
      expect(ends[1]).to.equal(3)
    })
  })
})
