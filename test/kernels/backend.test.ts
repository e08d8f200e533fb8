import { createRequire } from 'node:module'

import { expect } from 'chai'

import {
  type BackendName,
  DTypeError,
  empty,
  getBackend,
  getNumThreads,
  info,
  setBackend,
  setNumThreads,
  ShapeError,
  ValueError,
} from '../../ts/index.js'
import { kernels } from '../../ts/kernels/backend.js'
import { native } from '../../ts/kernels/native/index.js'
import { reference } from '../../ts/kernels/reference/index.js'
import { needsNative } from '../support/backends.js'

describe('the choice of a backend', () => {
  const before = { backend: getBackend(), threads: getNumThreads() }
  afterEach(() => {
    setBackend(before.backend)
    setNumThreads(before.threads)
  })

  it('holds from the next operation on', function () {
    needsNative(this)
    setBackend('reference')
    expect(kernels()).to.equal(reference)
    expect(getBackend()).to.equal('reference')
    setBackend('native')
    expect(kernels()).to.equal(native)
    expect(getBackend()).to.equal('native')
  })

  it('refuses other names and stays as it was', () => {
    expect(() => {
      setBackend('cuda' as BackendName)
    }).to.throw(ValueError, /setBackend.*native or reference.*cuda/)
    expect(getBackend()).to.equal(before.backend)
  })

  it('sets threads for the native backend; the reference has one', function () {
    needsNative(this)
    setBackend('native')
    setNumThreads(3)
    expect(getNumThreads()).to.equal(3)
    expect(info().threads).to.equal(3)
    setBackend('reference')
    setNumThreads(2)
    expect(getNumThreads()).to.equal(1)
    setBackend('native')
    expect(getNumThreads()).to.equal(3)
  })

  for (const count of [0, -1, 1.5, NaN, Infinity, 4097, '2' as unknown as number]) {
    it(`refuses ${String(count)} threads (${typeof count})`, () => {
      const threads = getNumThreads()
      expect(() => {
        setNumThreads(count)
      }).to.throw(ValueError, /setNumThreads/)
      expect(getNumThreads()).to.equal(threads)
    })
  }

  it('shows in info()', function () {
    needsNative(this)
    const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
    setBackend('native')
    const machine = info()
    expect(machine.version).to.equal(version)
    expect(machine.backend).to.equal('native')
    expect(machine.supportedIsas).to.include(machine.isa)
    expect(machine.caches?.l1d).to.be.greaterThan(0)
    expect(machine.cores).to.be.at.least(1)
    expect(machine.node).to.equal(process.versions.node)
    setBackend('reference')
    expect(info()).to.include({ backend: 'reference', isa: null, caches: null, threads: 1 })
  })
})

describe('errors of the native core', () => {
  it('are instances of the exported classes, with their codes', function () {
    needsNative(this)
    const four = empty([4])
    const codes = (body: () => void): unknown => {
      try {
        body()
      } catch (error) {
        return error
      }
      return undefined
    }
    const short = codes(() => {
      native.copy({ x: four, y: empty([3]), n: 4 })
    })
    expect(short).to.be.instanceOf(ValueError).and.to.include({ code: 'ERR_VALUE' })
    const integers = empty([4], 'int32')
    const type = codes(() => {
      native.activation({ kind: 1, x: integers, y: integers, n: 4, parameter: 0 })
    })
    expect(type).to.be.instanceOf(DTypeError).and.to.include({ code: 'ERR_DTYPE' })
    const size = codes(() => {
      native.softmax({ x: four, y: empty([4]), outer: 65536, n: 65536, inner: 1, log: false })
    })
    expect(size).to.be.instanceOf(ShapeError).and.to.include({ code: 'ERR_SHAPE' })
  })
})
