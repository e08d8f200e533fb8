import { expect } from 'chai'
import fc from 'fast-check'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  loadSafetensors,
  loadSafetensorsSync,
  saveSafetensors,
  saveSafetensorsSync,
  safetensorsFromBuffer,
  safetensorsToBuffer,
} from '../../ts/io/index.js'
import { DTypeError, FormatError, ShapeError, ValueError } from '../../ts/errors.js'
import { full, tensor, zeros } from '../../ts/tensor/create.js'
import type { Tensor } from '../../ts/tensor/tensor.js'

/** A file with this header, as it is, and so many bytes of data. */
function file(header: object | string, dataBytes: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)])
}

function entry(from: number, to: number, shape = [(to - from) / 4], dtype = 'F32'): object {
  return { dtype, shape, data_offsets: [from, to] }
}

const plain = (tensors: Record<string, Tensor>): object =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => [name, { dtype, shape, data }]),
  )

describe('safetensors', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-safetensors-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  const tensors = {
    odd: tensor([1, 2, 3], { dtype: 'uint8' }),
    'layer.weight': tensor([
      [0.5, -1],
      [NaN, Infinity],
    ]),
    wide: tensor([Math.PI], { dtype: 'float64' }),
    scalar: tensor(-7, { dtype: 'int32' }),
    none: zeros([0, 3]),

    'ключ "quoted" \\': tensor([1]),
  }

  it('reads what it wrote: elements, shapes, dtypes, order of names, metadata', () => {
    const bytes = safetensorsToBuffer(tensors, { metadata: { epoch: '3', 'a "b"': 'ü' } })
    const { tensors: read, metadata } = safetensorsFromBuffer(bytes)
    expect(Object.keys(read)).to.deep.equal(Object.keys(tensors))
    expect(plain(read)).to.deep.equal(plain(tensors))
    expect(metadata).to.deep.equal({ epoch: '3', 'a "b"': 'ü' })
  })

  it('reads whatever it writes', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', 'constructor', '', '"', '\\', '\ud800', 'a.b', 'dtype', '0'),
    )
    const part = fc
      .record({
        dtype: fc.constantFrom(...(['float32', 'float64', 'int32', 'uint8'] as const)),
        shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 }),
        fill: fc.integer({ min: 0, max: 255 }),
      })
      .map(({ dtype, shape, fill }) => full(shape, fill, { dtype }))
    const written = fc.tuple(
      fc.array(fc.tuple(name, part), { maxLength: 6 }),
      fc.array(fc.tuple(name, fc.string({ unit: 'binary' })), { maxLength: 4 }),
    )
    fc.assert(
      fc.property(written, ([parts, texts]) => {
        const [given, metadata] = [Object.fromEntries(parts), Object.fromEntries(texts)]
        const read = safetensorsFromBuffer(safetensorsToBuffer(given, { metadata }))
        expect(Object.entries(plain(read.tensors))).to.deep.equal(Object.entries(plain(given)))
        expect(Object.entries(read.metadata)).to.deep.equal(Object.entries(metadata))
      }),
      { numRuns: 200 },
    )
  })

  it('aligns every tensor to its element, and the data to 8 bytes', () => {
    const bytes = Buffer.from(safetensorsToBuffer(tensors))
    const length = Number(bytes.readBigUInt64LE())
    expect(length % 8).to.equal(0)
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
      string,
      { data_offsets: number[] }
    >
    expect(header['wide']!.data_offsets[0]! % 8).to.equal(0)
    expect(header['layer.weight']!.data_offsets[0]! % 4).to.equal(0)
  })

  it('reads from bytes at any offset', () => {
    const bytes = safetensorsToBuffer(tensors)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(plain(safetensorsFromBuffer(shifted.subarray(3)).tensors)).to.deep.equal(plain(tensors))
  })

  it('writes a slice of a tensor, not its whole memory', () => {
    const slice = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]).narrow(0, 1, 1)
    const { tensors: read } = safetensorsFromBuffer(safetensorsToBuffer({ slice }))
    expect(read['slice']!.toArray()).to.deep.equal([[3, 4]])
  })

  it('keeps a tensor that is called __proto__', () => {
    const named = Object.fromEntries([['__proto__', tensor([4])]])
    const { tensors: read } = safetensorsFromBuffer(safetensorsToBuffer(named))
    expect(Object.keys(read)).to.deep.equal(['__proto__'])
  })

  it('reads a file by the Python package, 64-bit counters included', () => {
    // Made by test/fixtures/python_safetensors.py.
    const path = new URL('../fixtures/python.safetensors', import.meta.url)
    const { tensors: read, metadata } = loadSafetensorsSync(path)
    expect(metadata).to.deep.equal({ format: 'np', note: 'für ✓' })
    expect(plain(read)).to.deep.equal(
      plain({
        '0.bias': tensor([-1.5, 2], { dtype: 'float64' }),
        num_batches_tracked: tensor(12345, { dtype: 'int32' }),
        '0.weight': tensor([
          [0, 0.25, 0.5],
          [0.75, 1, 1.25],
        ]),
        nothing: zeros([0, 4]),
        counts: tensor([-3, 70000], { dtype: 'int32' }),
        bytes: tensor([0, 1, 255], { dtype: 'uint8' }),
      }),
    )
  })

  it('saves and loads files by path and by URL, with and without a promise', async () => {
    for (const target of [join(folder, 'a'), pathToFileURL(join(folder, 'b'))]) {
      await saveSafetensors(tensors, target, { metadata: { by: 'promise' } })
      const first = await loadSafetensors(target)
      expect(plain(first.tensors)).to.deep.equal(plain(tensors))
      expect(first.metadata).to.deep.equal({ by: 'promise' })
      saveSafetensorsSync({ one: tensor([1]) }, target)
      expect(Object.keys(loadSafetensorsSync(target).tensors)).to.deep.equal(['one'])
    }
    expect(readdirSync(folder).sort()).to.deep.equal(['a', 'b'])
  })

  it('leaves no temporary file behind when it cannot write', async () => {
    const inner = join(folder, 'inner')
    mkdirSync(join(inner, 'taken', 'full'), { recursive: true })
    const target = join(inner, 'taken')
    expect(() => {
      saveSafetensorsSync(tensors, target)
    }).to.throw()
    const error: unknown = await saveSafetensors(tensors, target).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(Error)
    expect(readdirSync(inner)).to.deep.equal(['taken'])
  })

  it('leaves the old file when what is to be saved is refused', () => {
    const target = join(folder, 'kept')
    saveSafetensorsSync({ one: tensor([1]) }, target)
    const before = readFileSync(target)
    expect(() => {
      saveSafetensorsSync({ one: 1 } as never, target)
    }).to.throw(ValueError, 'expected "one" to be a Tensor, got number')
    expect(readFileSync(target).equals(before)).to.equal(true)
  })

  it('refuses a reserved name and metadata that is no text', () => {
    expect(() => safetensorsToBuffer({ __metadata__: tensor(1) })).to.throw(ValueError, 'reserved')
    expect(() => safetensorsToBuffer({}, { metadata: { a: 1 } as never })).to.throw(
      ValueError,
      'metadata a to be a string, got 1',
    )
  })

  it('keeps the mode of a file, and a symbolic link to it', async function () {
    if (process.platform === 'win32') this.skip()
    const [real, link, other] = ['real', 'link', 'other'].map((name) => join(folder, 'd', name))
    mkdirSync(join(folder, 'd', 'e'), { recursive: true })
    writeFileSync(real!, '')
    symlinkSync('real', link!)
    symlinkSync(join('e', 'new'), other!)
    symlinkSync('d', join(folder, 'f'))
    const modeOf = (path: string): number => statSync(path).mode & 0o7777
    for (const mode of [0o600, 0o444, 0o640, 0o777]) {
      for (const sync of [true, false]) {
        chmodSync(real!, mode)
        const one = { one: tensor([mode]) }
        const target = join(folder, 'f', 'link')
        if (sync) saveSafetensorsSync(one, target)
        else await saveSafetensors(one, target)
        expect(lstatSync(link!).isSymbolicLink()).to.equal(true)
        expect(modeOf(real!)).to.equal(mode)
        expect(loadSafetensorsSync(real!).tensors['one']!.item()).to.equal(mode)
      }
    }
    saveSafetensorsSync({}, other!) // which pointed to nothing
    expect(lstatSync(other!).isSymbolicLink()).to.equal(true)
    expect(readdirSync(join(folder, 'd', 'e'))).to.deep.equal(['new'])
    writeFileSync(join(folder, 'd', 'e', 'plain'), '')
    expect(modeOf(other!)).to.equal(modeOf(join(folder, 'd', 'e', 'plain')))
    expect(readdirSync(join(folder, 'd')).sort()).to.deep.equal(['e', 'link', 'other', 'real'])
    rmSync(join(folder, 'd'), { recursive: true })
    rmSync(join(folder, 'f'))
  })

  it('writes to what is no regular file', function () {
    if (process.platform === 'win32') this.skip()
    saveSafetensorsSync({}, '/dev/null')
    expect(statSync('/dev/null').isCharacterDevice()).to.equal(true)
  })

  const good = safetensorsToBuffer({ a: tensor([1, 2]), b: tensor([3]) })
  const corrupt: [string, Uint8Array, string][] = [
    ['no bytes', Buffer.alloc(0), 'offset 0: expected the header length to be 8 bytes, got 0'],
    ['half a length', good.subarray(0, 5), 'got 5'],
    [
      'a header cut off',
      good.subarray(0, 40),
      'offset 0: expected the header to be at most 32 bytes',
    ],
    ['data cut off', good.subarray(0, -1), 'the file is cut off'],
    ['data that goes on', Buffer.concat([good, Buffer.alloc(1)]), 'bytes after the last tensor'],
    [
      'a huge header',
      Buffer.alloc(16, 0xff),
      'expected the header to be at most 8 bytes, got 18446744073709552000',
    ],
    ['a header that is no JSON', file('{"a":', 0), 'offset 8: the header is not valid JSON'],
    [
      'a header that is not UTF-8',
      Buffer.concat([file('{}  ', 0).subarray(0, 10), Buffer.from([0xff, 0xff])]),
      'not valid JSON',
    ],
    ['a header that is a list', file('[]', 0), 'to be a JSON object, got []'],
    ['a header that starts with a space', file(' {}', 0), 'to be a JSON object'],
    [
      'a name twice',
      file(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        8,
      ),
      'the name "a" is there twice',
    ],
    [
      'an overlap',
      file({ a: entry(0, 8), b: entry(4, 12) }, 12),
      'the data of "b" to be at 8, got 4; it overlaps',
    ],
    ['the same place twice', file({ a: entry(0, 4), b: entry(0, 4) }, 4), 'it overlaps'],
    [
      'a gap',
      file({ a: entry(0, 4), b: entry(8, 12) }, 12),
      'the data of "b" to be at 4, got 8; there is a gap',
    ],
    [
      'offsets the wrong way',
      file({ a: entry(4, 0, [1]) }, 4),
      'expected the entry of "a", its data_offsets to be 4 bytes',
    ],
    ['a shape of another size', file({ a: entry(0, 8, [3]) }, 8), '12 bytes for (3) of F32, got 8'],
    ['a negative size', file({ a: entry(0, 8, [-1, -2]) }, 8), 'dtype, shape and data_offsets'],
    ['a size past 2^53', file({ a: entry(0, 8, [2 ** 60]) }, 8), 'dtype, shape and data_offsets'],
    ['sizes that overflow', file({ a: entry(0, 8, [2 ** 40, 2 ** 40]) }, 8), 'bytes for'],
    [
      'an entry that is none',
      file({ a: null }, 0),
      'the entry of "a" to be dtype, shape and data_offsets, got null',
    ],
    [
      'metadata that is no text',
      file({ __metadata__: { a: 1 } }, 0),
      '__metadata__ to be an object of strings',
    ],
  ]
  for (const [title, bytes, message] of corrupt) {
    it(`refuses ${title}`, () => {
      expect(() => safetensorsFromBuffer(bytes)).to.throw(FormatError, message)
    })
  }

  it('refuses by name a tensor of a type it has none for, and reads the others', () => {
    const bytes = file({ a: entry(0, 2, [2], 'F8_E5M2'), b: entry(2, 6) }, 6)
    expect(() => safetensorsFromBuffer(bytes)).to.throw(
      DTypeError,
      /expected the dtype of "a" to be F32, .*, U64, got F8_E5M2; the option only/,
    )
    const { tensors: read } = safetensorsFromBuffer(bytes, { only: ['b'] })
    expect(plain(read)).to.deep.equal(plain({ b: tensor([0]) }))
    for (const only of [['c'], ['b', 'a.'], 'b', [1]]) {
      expect(() => safetensorsFromBuffer(bytes, { only: only as string[] })).to.throw(ValueError)
    }
    const backwards = file({ a: entry(2, 0, [1], 'F4'), b: entry(0, 4, [1]) }, 4)
    expect(() => safetensorsFromBuffer(backwards)).to.throw(FormatError)
  })

  it('refuses more dimensions than it would read', () => {
    const shape = Array<number>(65).fill(1)
    expect(() => safetensorsToBuffer({ a: zeros(shape) })).to.throw(ShapeError, '"a"')
    const bytes = safetensorsToBuffer({ a: zeros(shape.slice(1)) })
    expect(safetensorsFromBuffer(bytes).tensors['a']!.shape).to.deep.equal(shape.slice(1))
  })

  it('takes names inside metadata and shapes for no repetition', () => {
    const header = {
      __metadata__: { a: '{"a":1}', b: 'x' },
      a: entry(0, 4),
      b: entry(4, 8),
    }
    expect(Object.keys(safetensorsFromBuffer(file(header, 8)).tensors)).to.deep.equal(['a', 'b'])
  })

  it('refuses headers that exhaust the stack of a careless reader', () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000)
    for (const header of [
      `{"a":${nested}}`,
      `{"__metadata__":${nested}}`,
      `{"a":"${'b'.repeat(2e7)}"}`,
      `{"a":"${'\\\\'.repeat(1e7)}"}`,
    ]) {
      expect(() => safetensorsFromBuffer(file(header, 0)))
        .to.throw(FormatError)
        .with.property('message')
        .with.length.below(400)
    }
    const name = 'n'.repeat(2e7)
    const long = file({ [name]: entry(0, 4) }, 4)
    expect(() => safetensorsFromBuffer(long)).to.throw(FormatError, 'maxHeaderBytes')
    const { tensors } = safetensorsFromBuffer(long, { maxHeaderBytes: 3e7 })
    expect(Object.keys(tensors)[0]).to.have.length(name.length)
  })

  it('refuses headers that would take their reader long, before it reads them', () => {
    const many = (count: number, one: string): string => Array<string>(count).fill(one).join()
    const names = (count: number, value: (i: number) => string): string =>
      Array.from({ length: count }, (_, i) => `"${i}":${value(i)}`).join()
    const nothing = JSON.stringify(entry(0, 0, [0]))
    const options = { maxNames: 1000 }
    for (const [header, message] of [
      [`{${names(1002, () => nothing)}}`, 'more than 1001 names at depth 0; the option maxNames'],
      [`{"__metadata__":{${names(4001, () => '""')}}}`, 'more than 4000 names at depth 1'],
      [`{"a":{"dtype":"F32","shape":[${many(65, '1')}]}}`, 'a list has more than 64 items'],
      [`{"a":[${many(1e6, '[]')}]}`, 'there is a [ at depth 1'],
      [`{"a":{"shape":[${many(9, '{}')}]}}`, 'there is a { at depth 3'],
      [`{"a":{"dtype":{}}}`, 'there is a { at depth 2'],
      [`{"a":{"dtype":"F32","dtype":"F64"}}`, 'the name "dtype" is there twice'],
      [`{"__metadata__":{"a":"1","a":"2"}}`, 'the name "a" is there twice'],
      ['{"a', 'not valid JSON'],
      ['{"a\\"', 'not valid JSON'],
      ['{]{]}:,', 'not valid JSON'],
    ] as const) {
      const read = (): unknown => safetensorsFromBuffer(file(header, 0), options)
      expect(read).to.throw(FormatError, message)
    }
    const all = file(`{${names(1000, () => nothing)}}`, 0)
    expect(Object.keys(safetensorsFromBuffer(all, options).tensors)).to.have.length(1000)
    for (const limits of [{ maxNames: NaN }, { maxHeaderBytes: '1' }, { maxNames: -1 }]) {
      expect(() => safetensorsFromBuffer(all, limits as never)).to.throw(ValueError, 'at least 0')
    }
  })

  it('sees every flipped bit, in the header and in the data', () => {
    const bytes = Buffer.from(safetensorsToBuffer(tensors, { metadata: { epoch: '3' } }))
    const before = plain(safetensorsFromBuffer(bytes).tensors)
    let unseen = 0
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      try {
        // The name of the checksum may be damaged, and then nothing else is.
        const { tensors: read, metadata } = safetensorsFromBuffer(bytes)
        unseen++
        expect(plain(read)).to.deep.equal(before)
        expect(metadata['epoch']).to.equal('3')
      } catch (error) {
        expect(error).to.be.instanceOf(FormatError)
      }
      bytes[bit >> 3]! ^= 1 << (bit & 7)
    }
    expect(unseen).to.be.at.most(8 * 'gradlane_gmac'.length)
  })

  it('says where the damage is, and reads on where it is told to', () => {
    const bytes = Buffer.from(safetensorsToBuffer({ a: tensor([1, 2]) }))
    bytes[bytes.length - 1]! ^= 1
    expect(() => safetensorsFromBuffer(bytes)).to.throw(
      FormatError,
      /offset \d+ to \d+: expected the checksum of the data to be [0-9a-f]{32}, got [0-9a-f]{32}; the file was damaged/,
    )
    const { tensors: read } = safetensorsFromBuffer(bytes, { checksum: false })
    expect(read['a']!.data[0]).to.equal(1)
    const path = join(folder, 'damaged')
    writeFileSync(path, bytes)
    expect(() => loadSafetensorsSync(path)).to.throw(FormatError, 'checksum')
    expect(Object.keys(loadSafetensorsSync(path, { checksum: false }).tensors)).to.have.length(1)
  })

  it('does not take the checksum of other data that came with their metadata', () => {
    // As Python writes it that was given the metadata of our file for tensors of its own.
    const bytes = Buffer.from(safetensorsToBuffer({ a: tensor([1]) }))
    const length = Number(bytes.readBigUInt64LE())
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as object
    expect(Object.keys((header as Record<string, object>)['__metadata__']!)).to.deep.equal([
      'gradlane_gmac',
    ])
    for (const text of [JSON.stringify(header), JSON.stringify(header, null, 1)]) {
      const { tensors: read, metadata } = safetensorsFromBuffer(file(text, 4))
      expect(read['a']!.toArray()).to.deep.equal([0])
      expect(metadata).to.deep.equal({})
    }
    expect(() => safetensorsToBuffer({}, { metadata: { gradlane_gmac: '' } })).to.throw(
      ValueError,
      'reserved',
    )
  })

  it('sees a name that comes twice, however it is written', () => {
    const one = JSON.stringify(entry(0, 0))
    const twice = (a: string, b: string) => file(`{${a}:${one}, ${b} : ${one}}`, 0)
    for (const [a, b] of [
      ['"a"', '"a"'],
      ['"a"', '"\\u0061"'],
      ['"a\\\\"', '"a\\\\"'],
      ['"\\"{:"', '"\\"{:"'],
    ] as const) {
      expect(() => safetensorsFromBuffer(twice(a, b))).to.throw(FormatError, /twice/)
    }
    expect(() => safetensorsFromBuffer(twice('"a"', '"a\\\\"'))).not.to.throw()
  })
})
