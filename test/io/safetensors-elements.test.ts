import { expect } from 'chai'

import { DTypeError } from '../../ts/errors.js'
import { safetensorsFromBuffer } from '../../ts/io/index.js'
import type { Tensor } from '../../ts/tensor/tensor.js'

/** What a file with one tensor called `part`, of a type of the format, is read as. */
function read(dtype: string, data: ArrayBufferView, only?: string[]): Tensor {
  const elements = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const length = (data as Uint8Array).length
  const entry = { dtype, shape: [length], data_offsets: [0, elements.length] }
  const json = Buffer.from(JSON.stringify({ part: entry }))
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(BigInt(json.length))
  const bytes = Buffer.concat([head, json, elements])
  return safetensorsFromBuffer(bytes, only && { only }).tensors['part']!
}

const values = (tensor: Tensor): [string, number[]] => [tensor.dtype, Array.from(tensor.data)]

describe('element types of safetensors', () => {
  it('reads every float16 exactly', () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i)
    const { dtype, data } = read('F16', bits)
    expect(dtype).to.equal('float32')
    expect(data[0x3c00]).to.equal(1)
    expect(data[0x3555]).to.equal(0.333251953125) // the nearest to 1/3
    expect(data[0x7bff]).to.equal(65504)
    expect(data[0x0001]).to.equal(2 ** -24)
    expect(data[0x03ff]).to.equal(1023 * 2 ** -24)
    expect(data[0x0400]).to.equal(2 ** -14)
    expect(data[0x7c00]).to.equal(Infinity)
    expect(data[0xfc00]).to.equal(-Infinity)
    expect(Object.is(data[0x8000], -0)).to.equal(true)
    for (let i = 0; i < 0x7c00; i++) {
      // One step is a unit in the last place: 2^-10 of the power of two, or of the smallest normal one.
      const unit = 2 ** (Math.max(i >> 10, 1) - 25)
      if (data[i + 1]! - data[i]! !== unit && i < 0x7bff) expect.fail(`after ${i}`)
      if (data[i + 0x8000] !== -data[i]!) expect.fail(`sign of ${i}`)
    }
    for (let i = 0x7c01; i < 0x8000; i++) {
      if (!Number.isNaN(data[i]) || !Number.isNaN(data[i + 0x8000])) expect.fail(`NaN ${i}`)
    }
  })

  it('reads every bfloat16 exactly: the upper half of a float32', () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i)
    const { dtype, data } = read('BF16', bits)
    expect(dtype).to.equal('float32')
    expect(data[0x3f80]).to.equal(1)
    expect(data[0xc049]).to.equal(-3.140625)
    const view = new DataView(new ArrayBuffer(4))
    bits.forEach((bit) => {
      view.setUint16(0, bit)
      if (!Object.is(view.getFloat32(0), data[bit])) expect.fail(`${bit}: ${data[bit]!}`)
    })
  })

  it('widens integers, to int32 where that holds all of them, else to float64', () => {
    expect(values(read('I8', Int8Array.of(-128, 0, 127)))).to.deep.equal(['int32', [-128, 0, 127]])
    expect(values(read('I16', Int16Array.of(-32768, 7)))).to.deep.equal(['int32', [-32768, 7]])
    expect(values(read('U16', Uint16Array.of(65535, 0)))).to.deep.equal(['int32', [65535, 0]])
    const most = 2 ** 31 - 1
    expect(values(read('U32', Uint32Array.of(most)))).to.deep.equal(['int32', [most]])
    expect(values(read('U32', Uint32Array.of(1, most + 1)))).to.deep.equal([
      'float64',
      [1, most + 1],
    ])
    expect(values(read('I64', BigInt64Array.of(-5n, 3n)))).to.deep.equal(['int32', [-5, 3]])
    expect(values(read('I64', BigInt64Array.of(-(2n ** 53n), 3n)))).to.deep.equal([
      'float64',
      [-(2 ** 53), 3],
    ])
    expect(values(read('U64', BigUint64Array.of(0n)))).to.deep.equal(['int32', [0]])
    expect(values(read('U64', BigUint64Array.of(2n ** 63n)))).to.deep.equal(['float64', [2 ** 63]])
    for (const type of ['I8', 'U16', 'U32', 'I64', 'F16', 'BF16', 'BOOL']) {
      expect(read(type, new Uint8Array(0)).shape).to.deep.equal([0])
    }
  })

  it('reads truth values as uint8', () => {
    expect(values(read('BOOL', Uint8Array.of(1, 0, 1)))).to.deep.equal(['uint8', [1, 0, 1]])
  })

  it('refuses by name what no dtype holds exactly', () => {
    for (const [type, data] of [
      ['I64', BigInt64Array.of(1n, 2n ** 53n + 1n)],
      ['U64', BigUint64Array.of(1n, 2n ** 64n - 1n)],
      ['BOOL', Uint8Array.of(1, 2)],
    ] as const) {
      expect(() => read(type, data)).to.throw(DTypeError, /element 1 of "part".*the option only/)
      expect(read(type, data, [])).to.equal(undefined)
    }
  })
})
