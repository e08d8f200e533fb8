/**
 * Sizes, offsets and places that no tensor has, straight to the addon: whatever JavaScript passes must
 * end in an error, never in memory that is not the operand's.
 */
import { expect } from 'chai'

import { ValueError } from '../../ts/errors.js'
import { UpdateHyper, UpdateKind } from '../../ts/kernels/kernels.js'
import type { Addon } from '../../ts/kernels/native/addon.js'
import { addon } from '../../ts/kernels/native/load.js'
import { needsNative } from '../support/backends.js'
import { collectGarbage } from '../support/collect-garbage.js'

// The largest double below 2^63, a third of 2^64 (three times it wraps round to 0), and their like.
const absurd = [
  NaN,
  Infinity,
  -Infinity,
  -1,
  2 ** 53 + 2,
  2 ** 63 - 1024,
  2 ** 63,
  2 ** 64 / 3,
  1e300,
]

const floats = (n: number, value: number) => new Float32Array(n).fill(value).buffer
const all = (value: number) => (buffer: ArrayBuffer) =>
  new Float32Array(buffer).every((element) => element === value)
const hyper = (length: number) => new Float64Array(length).fill(0.5).buffer

describe('sizes that cannot be', function () {
  before(function () {
    needsNative(this)
  })

  for (const value of absurd) {
    it(`${value} as place or length of an optimizer's state`, () => {
      // So many elements that their number added to the largest place passes 2^63.
      const n = 2048
      const parameter = floats(n, 1)
      const gradient = floats(n, 2)
      const steps = new Float64Array(1).buffer
      const state = floats(3 * n, 0)
      const slot = (length: number, index: number, at: number) =>
        [parameter, 0, gradient, 0, length, index, at] as const
      const update =
        (stateLength: number, ...places: [number, number, number]) =>
        () => {
          const options = [hyper(UpdateHyper.length), 0, steps, 0, steps, 0] as const
          const rest = [state, 0, stateLength, ...slot(...places)] as const
          addon().updateStep(0, UpdateKind.rmsprop, ...options, ...rest)
        }
      for (const call of [
        update(value, n, 0, 0),
        update(n, value, 0, 0),
        update(n, n, value, 0),
        update(n, n, 0, value),
      ]) {
        expect(call).to.throw(ValueError)
      }
      expect(parameter).to.satisfy(all(1))
      expect(state).to.satisfy(all(0))
      expect(new Float64Array(steps)[0]).to.equal(0)
    })

    it(`${value} as offset or size`, () => {
      const x = floats(4, 1)
      const y = floats(4, 0)
      const calls: [keyof Addon, unknown[]][] = [
        ['copy', [0, x, value, y, 0, 1]],
        ['copy', [0, x, 0, y, value, 1]],
        ['copy', [0, x, 0, y, 0, value]],
        ...[0, 1, 2, 3].map((place): [keyof Addon, unknown[]] => [
          'copyStrided',
          [0, x, 0, y, 0, 1, 1, 1, 1, 2, 2, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 2, 1, 0, 0].with(
            [9, 10, 23, 24][place]!,
            value,
          ),
        ]),
        ['softmax', [0, x, 0, y, 0, 2, value, 1, false]],
        ['reduce', [0, 0, x, 0, y, 0, value, 2, 1, 0]],
        ['matmul', [0, x, 0, x, 0, y, 0, 2, value, 2, false, false, 1, 0, null, 0, 0, 0]],
      ]
      for (const [name, args] of calls) {
        expect(() => {
          ;(addon()[name] as (...args: unknown[]) => void)(...args)
        }, name)
          .to.throw(Error)
          .with.property('code')
          .that.is.oneOf(['ERR_VALUE', 'ERR_SHAPE'])
      }
      expect(y).to.satisfy(all(0))
    })
  }

  for (const value of [...absurd, 1e6, 2 ** 31, '0', null, undefined]) {
    it(`${String(value)} as place, stride, offset or memory of a program`, () => {
      const { Program } = addon()
      const input = floats(4, 1)
      const output = floats(4, 0)
      const program = new Program()
      program.add('copy', 0, input, 0, output, 0, 4)
      expect(program.addPlaceholder(input)).to.equal(0)
      const absurdly = value as number
      const other: unknown = value
      const calls: (() => void)[] = [
        () => {
          program.place(absurdly, input, 0, 0)
        },
        () => {
          program.place(0, input, absurdly, 0)
        },
        () => {
          program.place(0, other as ArrayBuffer, 0, 0)
        },
        () => {
          program.add(other as string)
        },
        () => program.addPlaceholder(other as ArrayBuffer),
        () => {
          program.start(absurdly, absurdly, 0, false, other as () => void)
        },
        () => {
          program.start(1, 1, 0, other as boolean, other as () => void)
        },
      ]
      if (!(absurdly >= 0)) {
        calls.push(() => {
          program.place(0, input, 0, absurdly)
        })
      }
      for (const call of calls) expect(call).to.throw(ValueError)
      if (absurdly >= 0) {
        // No step but the first lies in memory.
        expect(() => {
          program.place(0, input, 0, absurdly)
          program.runSync(2)
        }).to.throw(ValueError)
      }
      new Float32Array(output).fill(0)
      program.place(0, input, 0, 0)
      program.runSync(1)
      expect(output).to.satisfy(all(1))
    })
  }

  it('a program refuses to change while it runs', async () => {
    const { Program } = addon()
    const input = floats(4, 1)
    const program = new Program()
    program.add('copy', 0, input, 0, floats(4, 0), 0, 4)
    program.addPlaceholder(input)
    await new Promise<void>((resolve) => {
      program.start(1e9, 1, 1, false, (_done, ended) => {
        if (ended === true) resolve()
      })
      for (const call of [
        () => program.addPlaceholder(input),
        () => program.timeOperations(1),
        () => {
          program.add('copy', 0, input, 0, input, 0, 4)
        },
        () => {
          program.place(0, input, 0, 0)
        },
        () => {
          program.runSync(1)
        },
        () => {
          program.start(1, 1, 1, false, () => undefined)
        },
      ]) {
        expect(call).to.throw(ValueError, 'program: a replay is running')
      }
      program.stop()
    })
  })

  it('a program runs until its end was told', async () => {
    const { Program } = addon()
    const program = new Program()
    program.add('copy', 0, floats(4, 1), 0, floats(4, 0), 0, 4)
    const ends: number[] = []
    await new Promise<void>((resolve) => {
      const listener = (done: number, ended?: boolean): void => {
        if (ended !== true) return
        ends.push(done)
        resolve()
      }
      program.start(3, 1e6, 1, false, listener)
      // Its thread is through, which this one has not heard of yet.
      while (program.done() < 3) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
      expect(() => {
        program.start(5, 1e6, 1, false, listener)
      }).to.throw(ValueError, 'program: a replay is running')
      expect(() => {
        program.runSync(1)
      }).to.throw(ValueError, 'program: a replay is running')
    })
    expect(ends).to.deep.equal([3])
    program.runSync(1)
  })

  it('a program keeps the memory that it works on, and no longer than itself', async () => {
    const { Program } = addon()
    const adding = (program = new Program()) => {
      const [x, parameter, gradient] = [1, 2, 3].map((value) => floats(4, value))
      program.add('copy', 0, x, 0, x, 0, 4)
      program.add(
        'gradNorm',
        0,
        new Float64Array(1).buffer,
        0,
        2,
        parameter,
        0,
        gradient,
        0,
        4,
        0,
        0,
      )
      return { program, memory: [x, parameter, gradient].map((buffer) => new WeakRef(buffer!)) }
    }
    const kept = adding()
    const dropped = adding().memory
    // What a WeakRef was made of or has given is held until the end of the job.
    await new Promise(setImmediate)
    collectGarbage()
    await new Promise(setImmediate)
    const values = kept.memory.map(
      (memory) => memory.deref() && new Float32Array(memory.deref()!)[0],
    )
    expect(values).to.deep.equal([1, 2, 3])
    kept.program.runSync(1)
    expect(dropped.map((memory) => memory.deref())).to.deep.equal([undefined, undefined, undefined])
  })

  it('methods of a program are those of no other object', () => {
    const methods = addon().Program.prototype as unknown as Record<string, () => void>
    for (const name of ['add', 'addPlaceholder', 'place', 'runSync', 'start', 'stop', 'done']) {
      for (const other of [{}, Object.create(methods), null, 1]) {
        expect(() => {
          methods[name]!.call(other)
        }, name).to.throw(TypeError)
      }
    }
  })
})
