import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { FormatError, ValueError } from '../../ts/errors.js'
import { readIdx, readIdxSync } from '../../ts/io/index.js'

/** An IDX file: type code, sizes, data. */
function idx(code: number, sizes: number[], data: number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length)
  header[2] = code
  header[3] = sizes.length
  sizes.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i))
  return Buffer.concat([header, Buffer.from(data)])
}

const small = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 255])

describe('readIdx', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-idx-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('reads bytes, from a buffer, a path and a URL, with and without a promise', async () => {
    const path = join(folder, 'small')
    writeFileSync(path, small)
    for (const source of [small, path, pathToFileURL(path), new Uint8Array(small)]) {
      for (const result of [readIdxSync(source), await readIdx(source)]) {
        expect(result.dtype).to.equal('uint8')
        expect(result.toArray()).to.deep.equal([
          [1, 2, 3],
          [4, 5, 255],
        ])
      }
    }
  })

  it('recognises gzip by its first bytes', async () => {
    const zipped = gzipSync(small)
    expect(readIdxSync(zipped).shape).to.deep.equal([2, 3])
    expect((await readIdx(zipped)).shape).to.deep.equal([2, 3])
  })

  it('reads every element type, from big-endian', () => {
    const read = (code: number, count: number, data: number[]) => {
      const { dtype, data: elements } = readIdxSync(idx(code, [count], data))
      return [dtype, ...elements]
    }
    expect(read(0x09, 2, [0xff, 0x7f])).to.deep.equal(['int32', -1, 127])
    expect(read(0x0b, 2, [0x80, 0, 1, 2])).to.deep.equal(['int32', -32768, 258])
    expect(read(0x0c, 1, [0xff, 0xff, 0xff, 0xfe])).to.deep.equal(['int32', -2])
    expect(read(0x0d, 1, [0xc0, 0x20, 0, 0])).to.deep.equal(['float32', -2.5])
    expect(read(0x0e, 1, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0])).to.deep.equal(['float64', 1.5])
  })

  it('converts to the dtype asked for', () => {
    const labels = readIdxSync(idx(0x08, [3], [7, 2, 255]), { dtype: 'int32' })
    expect(labels.dtype).to.equal('int32')
    expect([...labels.data]).to.deep.equal([7, 2, 255])
  })

  it('copies: writing to the tensor leaves the buffer alone', () => {
    const bytes = Buffer.from(small)
    readIdxSync(bytes).data.fill(0)
    expect(bytes.equals(small)).to.equal(true)
  })

  it('reads files of no elements, and of no dimensions', () => {
    expect(readIdxSync(idx(0x08, [0, 28], [])).shape).to.deep.equal([0, 28])
    expect(readIdxSync(idx(0x08, [], [9])).item()).to.equal(9)
  })

  const zipped = gzipSync(small)
  const corrupt: [string, Buffer, string][] = [
    ['an empty file', Buffer.alloc(0), 'offset 0: expected the magic number to be 4 bytes, got 0'],
    ['three bytes', small.subarray(0, 3), 'got 3'],
    [
      'another format',
      Buffer.from('PK\x03\x04'),
      'to be 0x00 0x00 and two more bytes, got 0x50 0x4b',
    ],
    [
      'an unknown element type',
      idx(0x0a, [1], [1]),
      'offset 2: expected the element type to be one of 0x08 uint8',
    ],
    [
      'a header cut off',
      small.subarray(0, 9),
      'offset 4: expected the sizes of 2 dimensions to be 8 bytes, got 5',
    ],
    [
      'data cut off',
      small.subarray(0, -1),
      'offset 17: expected the data to be 6 bytes for (2, 3) of uint8, got 5',
    ],
    [
      'data that goes on',
      Buffer.concat([small, Buffer.from([0])]),
      'offset 18: expected the data to be 6 bytes for (2, 3) of uint8, got 7',
    ],
    [
      'sizes past 2^31',
      idx(0x08, [65536, 65536], [1]),
      'at most 2^31 - 1, got (65536, 65536) = 4294967296',
    ],
    ['sizes past 2^53', idx(0x08, [2 ** 32 - 1, 2 ** 32 - 1, 9], [1]), 'at most 2^31 - 1'],
    [
      'gzip that goes on for a thousand times its length',
      gzipSync(Buffer.concat([small, Buffer.alloc(2 ** 25)])),
      'offset 18: expected the data to be at an end after 18 bytes, got more of them',
    ],
    [
      'gzip of data cut off',
      gzipSync(small.subarray(0, -1)),
      'offset 17: expected the data to be 6 bytes for (2, 3) of uint8, got 5',
    ],
    [
      'gzip that says it holds more than is borne',
      gzipSync(Buffer.concat([idx(0x08, [2 ** 15, 2 ** 15 + 1], []), Buffer.alloc(2 ** 20)])),
      'expected the file to be at most 1073741824 bytes, unpacked, got 1073774604 for (32768, 32769)',
    ],
    [
      'gzip of another format, however much of it',
      gzipSync(Buffer.alloc(2 ** 25, 'PK')),
      'to be 0x00 0x00 and two more bytes, got 0x50 0x4b',
    ],
    ['gzip of nothing', gzipSync(Buffer.alloc(0)), 'the magic number to be 4 bytes, got 0'],
    ['gzip cut off in its header', gzipSync(small).subarray(0, 8), 'the gzip stream is corrupt'],
    ['gzip cut off', zipped.subarray(0, -9), 'the gzip stream is corrupt'],
    [
      'gzip with a flipped byte',
      Buffer.from(zipped.map((b, i) => (i === 14 ? b ^ 0x55 : b))),
      'the gzip stream is corrupt',
    ],
  ]
  for (const [title, bytes, message] of corrupt) {
    it(`refuses ${title}`, async () => {
      expect(() => readIdxSync(bytes)).to.throw(FormatError, message)
      const error: unknown = await readIdx(bytes).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(FormatError)
      expect((error as Error).message).to.include(message)
    })
  }

  it('unpacks as much as it is told to', async () => {
    const large = gzipSync(Buffer.concat([idx(0x08, [100, 1000], []), Buffer.alloc(1e5, 7)]))
    for (const maxBytes of [100_012, Infinity]) {
      expect(readIdxSync(large, { maxBytes }).shape).to.deep.equal([100, 1000])
      expect((await readIdx(large, { maxBytes })).data[99_999]).to.equal(7)
    }
    expect(() => readIdxSync(large, { maxBytes: 100_011 })).to.throw(FormatError, 'maxBytes')
    for (const maxBytes of [0, NaN, '9', null]) {
      expect(() => readIdxSync(large, { maxBytes: maxBytes as never })).to.throw(
        ValueError,
        'expected maxBytes to be a number of at least 1',
      )
    }
  })

  it('names the file', () => {
    const path = join(folder, 'broken')
    writeFileSync(path, small.subarray(0, 12))
    expect(() => readIdxSync(path)).to.throw(FormatError, `readIdx(${path}), offset 12`)
  })

  it('passes on what the file system says', async () => {
    expect(() => readIdxSync(join(folder, 'none'))).to.throw('ENOENT')
    const error: unknown = await readIdx(join(folder, 'none')).catch((reason: unknown) => reason)
    expect(error).to.include({ code: 'ENOENT' })
  })

  it('refuses other sources', () => {
    expect(() => readIdxSync(5 as never)).to.throw(ValueError, 'a path, a file URL or bytes, got 5')
  })
})
