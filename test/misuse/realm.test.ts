import { createContext, runInContext } from 'node:vm'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect } from 'chai'

import * as gradlane from '../../ts/index.js'
import { reasonOf } from '../../ts/show.js'
import { eachBackend } from '../support/each-backend.js'

const { data, fit, io, nn, optim, tensor } = gradlane

/** What a program makes that has built-in classes of its own, as a test under Jest has. */
const foreign = createContext({})
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a script tells no type
const evaluate = <T>(source: string): T => runInContext(`(${source})`, foreign) as T

/** An object that shows the getters of an object of ours, and is an instance of nothing of ours. */
const mirror = <T extends object>(names: string[], own: T): T =>
  evaluate<(names: string[], get: (name: string) => unknown) => T>(
    '(names, get) => Object.fromEntries(Array.from(names, (name) => [name, get(name)]))',
  )(names, (name) => {
    const value = (own as Record<string, unknown>)[name]
    return typeof value === 'function' ? (value.bind(own) as unknown) : value
  })

describe('values of another realm', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-realm-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('are of classes that instanceof does not know', () => {
    expect(evaluate('new Float32Array(2)')).to.not.be.instanceOf(Float32Array)
    expect(evaluate('new Error()')).to.not.be.instanceOf(Error)
  })

  it('typed arrays are arrays: tensor, fromTypedArray, readIdx, safetensors', async () => {
    for (const [name, dtype] of [
      ['Float32Array', 'float32'],
      ['Float64Array', 'float64'],
      ['Int32Array', 'int32'],
      ['Uint8Array', 'uint8'],
    ] as const) {
      const array = evaluate<Float32Array>(`new ${name}([1, 2])`)
      expect(tensor(array)).to.include({ dtype })
      expect(tensor([array, array]).toArray()).to.deep.equal([
        [1, 2],
        [1, 2],
      ])
      expect(gradlane.fromTypedArray(array)).to.include({ dtype, buffer: array.buffer })
      expect(String(new data.TensorDataset([gradlane.fromTypedArray(array)]).length)).to.equal('2')
    }
    const idx = evaluate<Uint8Array>('new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])')
    expect((await io.readIdx(idx)).toArray()).to.deep.equal([7, 9])
    expect(io.readIdxSync(idx).toArray()).to.deep.equal([7, 9])
    const bytes = io.safetensorsToBuffer({ a: tensor([3]) })
    const copy = evaluate<(bytes: Uint8Array) => Uint8Array>('(bytes) => new Uint8Array(bytes)')
    expect(io.safetensorsFromBuffer(copy(bytes)).tensors['a']!.toArray()).to.deep.equal([3])
    expect(() => new nn.Linear(1, 1).forward(copy(bytes) as never)).to.throw(/an array; make one/)
  })

  it('URLs name files', async () => {
    const url = pathToFileURL(join(folder, 'a.safetensors'))
    const other = mirror(['href', 'protocol', 'hostname', 'pathname', 'search', 'hash'], url)
    await io.saveSafetensors({ a: tensor([1]) }, other)
    io.saveSafetensorsSync({ a: tensor([2]) }, other)
    expect((await io.loadSafetensors(other)).tensors['a']!.item()).to.equal(2)
    const web = mirror(['href', 'protocol'], new URL('http://a/b'))
    await io.loadSafetensors(web).then(
      () => expect.fail('loaded'),
      (error: unknown) => expect(error).to.be.instanceOf(gradlane.ValueError),
    )
  })

  it('a Set, a Promise and lists are what they are', () => {
    const model = new nn.Sequential(new nn.ReLU())
    const seen = evaluate<Set<InstanceType<typeof nn.Module>>>('new Set()')
    expect([...model.namedModules('', seen)]).to.have.length(2)
    const promise = evaluate<never>('Promise.resolve(1)')
    expect(() => gradlane.capture(() => promise)).to.throw(gradlane.CaptureError, /a Promise/)
  })

  eachBackend(() => {
    it('a training is given its options, callbacks and state, and a step its form', async () => {
      const array = evaluate<Float32Array>('Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1)')
      const x = gradlane.fromTypedArray(array, [8, 2])
      const y = tensor(evaluate<number[]>('[0, 1, 0, 1, 0, 1, 0, 1]'), { dtype: 'int32' })
      const model = new nn.Sequential(new nn.Linear(2, 2))
      const optimizer = new optim.SGD(model.parameters(), evaluate('{ lr: 0.1 }'))
      const controller = new AbortController()
      const names = ['aborted', 'reason', 'throwIfAborted', 'addEventListener']
      const signal = mirror([...names, 'removeEventListener'], controller.signal)
      let loaded: unknown
      const state = '{ a: [1, { b: null }], c: NaN }'
      const keeps = {
        stateDict: () => evaluate<Record<string, unknown>>(state),
        loadStateDict: (given: unknown) => {
          loaded = given
        },
      }
      const path = join(folder, 'run.ckpt')
      const options = { criterion: new nn.CrossEntropyLoss(), optimizer, epochs: 1, signal }
      const train = (resume: boolean): Promise<unknown> =>
        fit(model, [x, y], { ...options, checkpoint: { path }, callbacks: [keeps], resume })
      await train(false)
      await train(true)
      expect(loaded).to.deep.equal({ a: [1, { b: null }], c: NaN })

      class Scaled extends nn.Module {
        readonly settings = evaluate<{ by: number }>('{ by: 2 }')
        protected override computeOutput(input: gradlane.Tensor): gradlane.Tensor {
          return gradlane.mul(input, this.settings.by)
        }
        protected override computeGradInput(_: unknown, grad: gradlane.Tensor): gradlane.Tensor {
          return gradlane.mul(grad, this.settings.by)
        }
      }
      const scaled = new Scaled()
      const scaling = gradlane.capture(() => scaled.forward(tensor([1])))
      expect(scaling.runSync().item()).to.equal(2)
      scaled.settings.by = 3
      expect(scaling.runSync().item()).to.equal(3)

      const make = evaluate<(sum: object) => { sum: gradlane.Tensor }>('(sum) => ({ sum })')
      const step = gradlane.capture(() => make(gradlane.sum(x)))
      expect(step.runSync()).to.have.property('sum')
    })
  })

  it('what is thrown keeps its message', () => {
    expect(reasonOf(evaluate("new TypeError('eight rows')"))).to.equal('eight rows')
    expect(reasonOf(new Error('no'))).to.equal('no')
    expect(reasonOf(undefined)).to.equal('undefined')
  })
})
