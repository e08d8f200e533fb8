import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'
import fc from 'fast-check'

import {
  arange,
  type callbacks,
  fitSync,
  io,
  nn,
  optim,
  randn,
  ShapeError,
  Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { decoded, encoded, type State } from '../../ts/train/checkpoint-encoding.js'

/** What a state comes back as. */
function again(state: State): State {
  const { tensors, packed, rest } = encoded(state, [])
  const tensorOf = (name: string): Tensor | undefined =>
    Object.hasOwn(tensors, name) ? tensors[name]!.clone() : undefined
  return decoded('test', { packed, rest, tensor: tensorOf })
}

/** A state as `deep.equal` tells apart: tensors by what they hold. */
function plain(state: State): unknown {
  if (state instanceof Tensor) return [state.toString(), ...Array.from(state.data)]
  if (Array.isArray(state)) return Array.from(state as readonly State[], plain)
  if (typeof state !== 'object' || state === null) return state
  return new Map(
    Object.entries(state as Record<string, State>).map(([key, part]) => [key, plain(part)]),
  )
}

describe('the encoding of checkpoints', () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.constant(-0))
  const key = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('$number', '$tensor', '$numbers', '$undefined', '$', '$$', '__proto__'),
    fc.constantFrom('a', 'b', 'a.b', "a.b'", 'model', 'constructor', 'toString', '0', '', '.'),
  )
  const tensors = fc
    .tuple(fc.constantFrom('float32', 'float64', 'int32', 'uint8'), fc.constantFrom(0, 1, 3, 300))
    .map(([dtype, length]) => arange(length).to(dtype as 'float32'))
  const state = fc.letrec<{ state: State }>((tie) => ({
    state: fc.oneof(
      { maxDepth: 4 },
      number,
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      tensors,
      fc.array(number, { minLength: 250, maxLength: 260 }),
      fc.array(tie('state'), { maxLength: 4 }),
      fc
        .array(fc.tuple(key, tie('state')), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries) as State),
    ),
  })).state

  it('brings back whatever may go in', () => {
    fc.assert(
      fc.property(state, (one) => {
        expect(plain(again(one))).to.deep.equal(plain(one))
      }),
      { numRuns: 300 },
    )
  })

  it('takes the name of a prototype for a name', () => {
    const large = arange(0, 300)
    const names = ['__proto__', 'constructor', 'toString']
    const odd = Object.fromEntries(names.map((name) => [name, large])) as State
    expect(plain(again(odd))).to.deep.equal(plain(odd))
  })

  it('tells two tensors from each other whose paths read the same', () => {
    const large = (value: number): Tensor => arange(value, value + 300)
    const odd = { 'x.y': large(1), x: { y: large(2), "y'": large(3) }, "x.y'": large(4) }
    const { 'x.y': one, x, "x.y'": four } = again(odd) as unknown as typeof odd
    const firsts = [one, x.y, x["y'"], four].map(({ data }) => data[0])
    expect(firsts).to.deep.equal([1, 2, 3, 4])
  })

  it('gives names to large tensors and those of the model alone', () => {
    const bias = tensor([1])
    const parts = { model: { bias }, callbacks: [{ a: bias, b: zeros([256]) }] }
    expect(Object.keys(encoded(parts, []).tensors)).to.deep.equal(['model.bias', 'callbacks.0.b'])
  })

  it('keeps holes and long lists with something else in them', () => {
    const long: State[] = Array.from({ length: 300 }, (_, i) => i)
    long[299] = 'a'
    expect(again(long)).to.deep.equal(long)
    const holes = Array<number>(300)
    holes[7] = 1
    expect(again(holes)).to.deep.equal(Array.from(holes))
  })
})

describe('a checkpoint that a training writes', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-encoding-'))
    file = path.join(folder, 'run.ckpt')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  type Optimizer = Parameters<typeof fitSync>[2]['optimizer']

  function train(
    state: () => Record<string, unknown>,
    changes: { epochs?: number; resume?: boolean; optimizer?: (own: Optimizer) => Optimizer } = {},
  ): Record<string, unknown> {
    let loaded = {}
    const keeps: callbacks.Callback = {
      stateDict: state,
      loadStateDict: (given) => {
        loaded = given
      },
    }
    const model = new nn.Linear(2, 1)
    const { epochs = 1, resume = false, optimizer = (own: Optimizer) => own } = changes
    fitSync(model, [randn([4, 2]), randn([4, 1])], {
      criterion: new nn.MSELoss(),
      optimizer: optimizer(new optim.SGD(model.parameters())),
      epochs,
      checkpoint: file,
      resume,
      callbacks: [keeps],
    })
    return loaded
  }

  const headerLength = (): number => Number(readFileSync(file).readBigUInt64LE())

  it('has a header that does not grow with what is gathered', () => {
    train(() => ({ seen: [] }))
    const small = headerLength()
    const many = Array.from({ length: 5000 }, (_, i) => tensor([i, -0]))
    const scores = Array.from({ length: 5000 }, (_, i) => (i % 7 === 0 ? NaN : i / 3))
    train(() => ({ seen: many, scores }))
    expect(headerLength()).to.be.below(small + 300)
    const loaded = train(() => ({}), { epochs: 2, resume: true })
    expect(plain(loaded as State)).to.deep.equal(plain({ seen: many, scores }))
  })

  it('does not take the place of a good one when it could not be read again', () => {
    train(() => ({ good: 1 }))
    const good = readFileSync(file)
    const shape = Array<number>(65).fill(2)
    shape.fill(1, 9)
    let epoch = 0
    const grown = (): Record<string, unknown> => ({ a: epoch++ < 1 ? 1 : zeros(shape) })
    expect(() => train(grown)).to.throw(ShapeError, 'of at most 64 dimensions')
    expect(readFileSync(file).equals(good)).to.equal(true)

    let steps = 0
    const forgetful = (own: Optimizer): Optimizer => ({
      ...{ paramGroups: own.paramGroups, zeroGrad: () => undefined },
      step: () => {
        steps++
      },
      stateDict: () => (steps > 0 ? ({} as never) : own.stateDict()),
      loadStateDict: () => undefined,
    })
    expect(() => train(() => ({}), { optimizer: forgetful })).to.throw(
      /was not written, for it could not be read again: .*optimizer to be a state dict/,
    )
    expect(readFileSync(file).equals(good)).to.equal(true)
    expect(train(() => ({}), { epochs: 2, resume: true })).to.deep.equal({ good: 1 })
    expect(io.loadSafetensorsSync(file).tensors['model.bias']!.shape).to.deep.equal([1])
  })

  it('is refused before a training begins whose parts could not be read again', () => {
    const none = (own: Optimizer): Optimizer => ({
      paramGroups: own.paramGroups,
      zeroGrad: () => undefined,
      step: () => undefined,
      stateDict: () => ({}) as never,
      loadStateDict: () => undefined,
    })
    expect(() => train(() => ({}), { optimizer: none })).to.throw(
      ValueError,
      'expected optimizer to be a state dict',
    )
  })
})
