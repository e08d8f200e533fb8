import { expect } from 'chai'
import fc from 'fast-check'

import { io, nn, tensor, type Tensor, zeros } from '../../../ts/index.js'
import { defaultGeneratorState } from '../../support/saved-model.js'

const { modelFromBuffer, modelToBuffer, safetensorsToBuffer } = io

type Description = Record<string, unknown>

const linear = (inputs: number, outputs: number): object => ({
  class: 'Linear',
  arguments: [inputs, outputs, { bias: true, dtype: 'float32' }],
})

const weights = (inputs: number, outputs: number): Record<string, Tensor> => ({
  weight: zeros([outputs, inputs]),
  bias: zeros([outputs]),
})

const sequence = (...places: number[]): object => ({
  class: 'Sequential',
  arguments: [places.map((place, i) => [String(i), { $module: place }])],
})

/** What a file says of a model, as a file of somebody's own making may. */
const described = (modules: unknown, more: Description = {}): Description => ({
  ...{ format: 1, version: '0.1.0', modules, training: true, frozen: [], shared: [] },
  ...more,
})

function file(
  description: Description | string,
  tensors: Record<string, Tensor> = {},
  extra?: string,
): Uint8Array {
  const text = typeof description === 'string' ? description : JSON.stringify(description)
  const metadata = {
    gradlane_model: text,
    ...(extra === undefined ? {} : { gradlane_extra: extra }),
  }
  return safetensorsToBuffer(tensors, { metadata })
}

/** What loading throws: its code and message. */
function refusal(bytes: Uint8Array): string {
  try {
    modelFromBuffer(bytes)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code}: ${message}`
  }
  return 'nothing'
}

function expectRefused(bytes: Uint8Array, message: string): void {
  expect(refusal(bytes))
    .to.include(message)
    .and.match(/^ERR_FORMAT: modelFromBuffer: /)
}

describe('a model file that is made by hand', () => {
  it('loads where it is right', () => {
    const model = modelFromBuffer(file(described([linear(3, 2)]), weights(3, 2)))
    expect(String(model)).to.equal('Linear(3, 2)')
  })

  it('is refused without a model', () => {
    expectRefused(safetensorsToBuffer(weights(3, 2)), 'tensors alone')
  })

  it('is refused in a newer format, and in none', () => {
    const newer = described([linear(1, 1)], { format: 2, version: '9.1.0' })
    expectRefused(
      file(newer),
      'expected its format to be at most 1, got 2; it was written by gradlane 9.1.0',
    )
    for (const format of [0, '1', null, undefined, NaN, {}]) {
      expectRefused(file(described([linear(1, 1)], { format })), 'of a format and a version')
    }
  })

  it('is refused when the description is none', () => {
    for (const text of ['', '{', 'null', '3', '[]', '"x"', '{}', '{"format":1,"format":1}']) {
      expectRefused(file(text), 'the description')
    }
    for (const modules of [undefined, null, 3, {}, [], 'Linear']) {
      expectRefused(file(described(modules)), "the model's modules")
    }
    for (const node of [null, 1, {}, [], { class: 'Linear' }, { arguments: [] }, { custom: 1 }]) {
      expectRefused(file(described([node])), "the model's modules")
    }
    for (const name of ['training', 'frozen', 'shared']) {
      for (const value of [null, 1, 'x', {}, [1], [['a']]]) {
        expectRefused(file(described([linear(1, 1)], { [name]: value })), `the model's ${name}`)
      }
    }
  })

  it('names no class but those of nn that a file may name', () => {
    const names = [
      ...['Nothing', 'Module', 'Activation', 'MSELoss', 'Parameter', 'init', 'utils', 'Object'],
      ...['Function', 'constructor', '__proto__', 'toString', '', 'linear'],
    ]
    for (const name of names) {
      expectRefused(file(described([{ class: name, arguments: [] }])), 'one that nn has')
      expectRefused(file(described([{ custom: name }])), 'a registered one')
    }
  })

  it('gives constructors nothing that they refuse', () => {
    const generator = { state: { data: [0, 0, 0, 0] } }
    const calls: readonly (readonly [name: string, args: readonly unknown[]])[] = [
      ['Linear', []],
      ['Linear', [-1, 2, {}]],
      ['Linear', ['3', 2, {}]],
      ['Linear', [3, 2, { generator }]],
      ['Linear', [3, 2, JSON.parse('{"__proto__":{"bias":false}}')]],
      ['Linear', [3, 2, {}, 1]],
      ['Conv2d', [1, 1, { length: 2 }, {}]],
      ['LayerNorm', [[2 ** 31, 2 ** 31], {}]],
      ['Embedding', [2 ** 40, 2 ** 40, {}]],
      ['Sequential', [3, 4]],
      ['Sequential', [[['a.b', { $module: 0 }]]]],
      ['Split', [{}, {}]],
      ['Residual', [null, {}]],
      ['AdditiveCoupling', [{ forward: 1 }, {}]],
      ['Upsample', []],
      ['Dropout', [2]],
      ['ReLU', [{ inplace: true }]],
    ]
    for (const [name, args] of calls) {
      const bytes = file(described([linear(1, 1), { class: name, arguments: args }]))
      expect(refusal(bytes), JSON.stringify([name, args])).to.match(
        /^ERR_FORMAT: modelFromBuffer: /,
      )
    }
  })

  it('takes no memory for tensors that it does not have', () => {
    const before = process.memoryUsage().arrayBuffers
    for (const size of [2 ** 15, 46_340]) {
      expectRefused(
        file(described([linear(size, size)]), weights(3, 2)),
        `of another shape "weight" (2, 3) for (${size}, ${size}), "bias" (2) for (${size})`,
      )
    }
    const many = described([
      ...Array.from({ length: 9_000 }, () => linear(40_000, 40_000)),
      sequence(0),
    ])
    expectRefused(file(many), 'missing "0.weight", "0.bias"')
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 27)
  })

  it('is refused with tensors that are missing, superfluous or of another kind', () => {
    const model = described([linear(3, 2)])
    const { weight, bias } = weights(3, 2) as { weight: Tensor; bias: Tensor }
    expectRefused(file(model, { weight }), 'missing "bias"')
    expectRefused(file(model, { weight, bias, more: bias }), 'unexpected "more"')
    expectRefused(file(model, { weight, bias: zeros([3]) }), '"bias" (3) for (2)')
    const integers = { weight, bias: zeros([2], { dtype: 'int32' }) }
    expectRefused(file(model, integers), 'expected the tensor "bias" to be float32, got int32')
    const double = { weight: weight.to('float64'), bias }
    expect(modelFromBuffer(file(model, double)).parameters()[0]!.dtype).to.equal('float32')
  })

  it('is refused when modules refer to what is not before them', () => {
    for (const place of [1, 2, -1, 0.5, 1e9]) {
      expectRefused(file(described([linear(1, 1), sequence(place)])), 'one that is not before it')
    }
    expectRefused(file(described([linear(1, 1), sequence('0' as never)])), 'member $module')
    const stray = { class: 'Linear', arguments: [{ $number: '1' }, { $other: 1 }] }
    expectRefused(file(described([stray])), 'member $number')
  })

  it('is refused when it is too deep, too large or too often the same', () => {
    const doubling = Array.from({ length: 60 }, (_, i) => sequence(i, i))
    expectRefused(
      file(described([{ class: 'ReLU', arguments: [] }, ...doubling])),
      'nested too deeply',
    )
    const deep = Array.from({ length: 200 }, (_, i) => sequence(i))
    expectRefused(file(described([{ class: 'ReLU', arguments: [] }, ...deep])), 'nested too deeply')
    const many = Array.from({ length: 10_001 }, () => ({ class: 'ReLU', arguments: [] }))
    expectRefused(file(described(many)), 'a list of 1 to 10000')
    const nested = '['.repeat(100_000) + ']'.repeat(100_000)
    expectRefused(file(`{"format":1,"modules":${nested}}`), 'nested more than 100 deep')
    expectRefused(file(described([linear(1, 1)]), {}, nested), 'nested more than 100 deep')
    expectRefused(file(`[${'0,'.repeat(2_000_001)}0]`), 'more than 2000000 values')
  })

  it('freezes, shares and trains nothing but what the model has', () => {
    const two = [linear(3, 3), linear(3, 3), linear(3, 2), sequence(0, 1, 2)]
    const tensors = Object.fromEntries(
      [3, 3, 2].flatMap((outputs, i) =>
        Object.entries(weights(3, outputs)).map(([name, value]) => [`${i}.${name}`, value]),
      ),
    )
    expect(refusal(file(described(two), tensors))).to.equal('nothing')
    const wrong: Record<string, unknown>[] = [
      ...['nothing', '0', '__proto__', '0.weight.requiresGrad', ''].flatMap((path) => [
        { frozen: [path] },
        { shared: [['0.weight', path]] },
        { shared: [[path, '0.weight']] },
      ]),
      { training: ['0.weight'] },
      { training: ['__proto__'] },
      { shared: [['0.weight', '0.bias']] },
      { shared: [['0.weight', '2.weight']] },
    ]
    for (const more of wrong) {
      expect(refusal(file(described(two, more), tensors)), JSON.stringify(more)).to.match(
        /^ERR_FORMAT: /,
      )
    }
    tensors['1.weight'] = zeros([3, 3])
    tensors['1.weight'].data[0] = 1
    const shared = described(two, { shared: [['0.weight', '1.weight']] })
    expectRefused(file(shared, tensors), 'are one tensor of the model and two different ones here')
  })

  it('has only sections that are whole', () => {
    const model = described([{ class: 'ReLU', arguments: [] }])
    const tensors = { 'extra/a/x': tensor([1]) }
    const right = file(model, tensors, '{"a":{"json":1,"tensors":["x"]}}')
    expect(io.readModelSync(right).extra['a']!.json).to.equal(1)
    for (const extra of [
      ...['', '[]', '1', 'null', '{"a":null}', '{"a":{}}', '{"a":{"json":1}}'],
      ...['{"a":{"json":1,"tensors":{}}}', '{"a":{"json":1,"tensors":[1]}}'],
      ...['{"a":{"json":1,"tensors":["y"]}}', '{"a":{"json":1,"tensors":["x","x"]}}'],
      ...['{"a":{"json":1,"tensors":["x"]},"a":{"json":1,"tensors":["x"]}}'],
      '{"b":{"json":1,"tensors":["x"]}}',
    ]) {
      expect(refusal(file(model, tensors, extra)), extra).to.match(/^ERR_FORMAT: /)
    }
    expectRefused(file(model, tensors), 'unexpected "extra/a/x"')
    const nested = file(model, tensors, '{"a":{"json":{"$x":1},"tensors":["x"]}}')
    expect(() => io.readModelSync(nested))
      .to.throw('member $x')
      .with.property('code', 'ERR_FORMAT')
  })

  it('reaches no prototype', () => {
    const pollution =
      '{"a":{"json":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},"tensors":[]},"__proto__":{"json":{"polluted":1},"tensors":[]}}'
    const model = described([{ class: 'ReLU', arguments: [] }])
    const { extra } = io.readModelSync(file(model, {}, pollution))
    expect(Object.keys(extra)).to.deep.equal(['a', '__proto__'])
    expect(Object.keys(extra['a']!.json as object)).to.deep.equal(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
  })

  it('is refused when it is cut or damaged anywhere, and changes nothing', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Sequential(new nn.BatchNorm1d(2)))
    const bytes = Buffer.from(modelToBuffer(model, { extra: { a: { json: [1, 'x'] } } }))
    const state = defaultGeneratorState()
    for (let length = 0; length < bytes.length; length += 7) {
      expect(refusal(bytes.subarray(0, length)), String(length)).to.match(/^ERR_FORMAT: /)
    }
    const marked = bytes.indexOf('gradlane_gmac')
    for (let at = 0; at < bytes.length; at += 5) {
      if (at >= marked - 3 && at < marked + 16) continue // the mark of the checksum itself
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 4
      expect(refusal(damaged), String(at)).to.match(/^ERR_FORMAT: /)
    }
    // without the checksum what is right in form may load as another model
    for (let at = 0; at < bytes.length; at += 3) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 1 << (at % 7)
      try {
        modelFromBuffer(damaged, { checksum: false })
      } catch (error) {
        expect((error as { code?: string }).code, String(error)).to.match(/^ERR_(FORMAT|DTYPE)$/)
      }
    }
    expect(defaultGeneratorState()).to.deep.equal(state)
  })

  it('is refused or loads, whatever its modules are', () => {
    const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(
          ...[0, 1, 2, 3, -1, 0.5, 1e300, true, null, '', '0', 'float32', '__proto__'],
        ),
        fc.nat(4).map((place) => ({ $module: place })),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom('bias', 'dim', 'sizes', '$module', '__proto__', 'a'),
          tie('any'),
        ),
      ),
    })).any
    const names = Object.keys(nn)
    const node = fc.oneof(
      fc.record({ class: fc.constantFrom(...names), arguments: fc.array(value, { maxLength: 4 }) }),
      fc.constantFrom(linear(2, 2), sequence(0), sequence(0, 1)),
      value,
    )
    const description = fc.record({
      modules: fc.array(node, { maxLength: 5 }),
      training: fc.oneof(fc.boolean(), fc.array(fc.constantFrom('', '0', '0.weight'))),
      frozen: fc.array(fc.constantFrom('weight', '0.weight'), { maxLength: 2 }),
      shared: fc.array(fc.array(fc.constantFrom('0.weight', '1.weight'), { maxLength: 3 })),
    })
    fc.assert(
      fc.property(description, ({ modules, ...more }) => {
        const bytes = file(described([linear(2, 2), ...modules], more), weights(2, 2))
        expect(refusal(bytes)).to.match(/^(nothing|ERR_FORMAT: )/)
      }),
      { numRuns: 300, seed: 8 },
    )
  })
})
