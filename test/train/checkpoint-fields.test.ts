import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { expect } from 'chai'

import {
  data,
  fitSync,
  type FitSyncOptions,
  FormatError,
  io,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import type { State } from '../../ts/train/checkpoint-encoding.js'
import { readCheckpoint, savedIn, written } from '../../ts/train/checkpoint-file.js'
import { driveSync } from '../../ts/train/flow.js'
import { eachBackend } from '../support/each-backend.js'

const missing = Symbol('missing')

const epoch = {
  ...{ epoch: 0, logs: {}, results: {}, lr: 1, lrs: [1], gradNorm: null },
  ...{ seconds: 1, validationSeconds: 0, samplesPerSecond: 1 },
}

/** What each field must not be. */
const wrong: Record<string, readonly unknown[]> = {
  epoch: [missing, -1, 0.5, NaN, '1', null, 2 ** 53],
  steps: [missing, -1, 99, 1, null],
  batches: [missing, -1, 0.5, '1'],
  step: [missing, -1, Infinity, [1]],
  tally: [missing, {}, { loss: 1, rows: 1, norms: 0, steps: 1, metrics: [] }, 3],
  stopped: [missing, 0, true, 'false', { by: 'x', reason: 1, epoch: 0, step: 0 }],
  order: [missing, {}, { samples: 1, batchSize: 0.5, dropLast: false, accumulate: 1, ranks: 1 }],
  model: [missing, null, [], { a: 1 }, tensor([1])],
  optimizer: [
    missing,
    null,
    {},
    { state: {}, param_groups: {} },
    { state: { 0: 1 }, param_groups: [] },
  ],
  scheduler: [missing, 1, []],
  split: [missing, 1, { fraction: 0.5, generator: tensor([1, 2, 3, 4]) }, { fraction: 0.5 }],
  callbacks: [missing, null, [null], [1], { 0: {} }],
  generators: [missing, [], [tensor([1])], [tensor([1, 2, 3, 4])], null],
  generatorsAtEpoch: [missing, [], [null]],
  history: [
    missing,
    null,
    [{}],
    [null],
    {},
    [{ ...epoch, ranks: null }],
    [{ ...epoch, ranks: {} }],
  ],
  warnings: [missing, null, 'x', [1]],
  weights: [missing, null, [{ epoch: 0, parameters: { a: {} } }], [{}]],
}

describe('a checkpoint with a field that is something else', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-fields-'))
    file = path.join(folder, 'run.ckpt')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  function make(): {
    model: nn.Module
    loader: data.DataLoader<readonly [Tensor, Tensor]>
    options: FitSyncOptions
  } {
    const model = new nn.Linear(2, 2)
    const optimizer = new optim.Adam(model.parameters())
    const y = tensor([0, 1, 0, 1], { dtype: 'int32' })
    const loader = new data.DataLoader([randn([4, 2]), y], { batchSize: 2 })
    const criterion = new nn.CrossEntropyLoss()
    return { model, loader, options: { criterion, optimizer, checkpoint: file } }
  }

  eachBackend(() => {
    it('is refused with its name, before anything is changed', () => {
      const first = make()
      fitSync(first.model, first.loader, first.options)
      const bytes = driveSync('test', readCheckpoint(file, true))!
      const state = savedIn('test', bytes) as unknown as Record<string, State>
      expect(Object.keys(state).sort()).to.deep.equal(Object.keys(wrong).sort())
      const { model, loader, options } = make()
      const before = model.parameters().map((parameter) => parameter.toArray())
      const resume = (): unknown => fitSync(model, loader, { ...options, resume: true })
      for (const [field, values] of Object.entries(wrong)) {
        for (const value of values) {
          const changed: Record<string, State> = { ...state }
          if (value === missing) Reflect.deleteProperty(changed, field)
          else changed[field] = value as State
          writeFileSync(file, written(changed).bytes)
          const name = field === 'steps' ? /steps|the place in the epoch/ : field
          expect(resume, `${field} ${String(value)}`).to.throw(
            value === 99 || field === 'tally' ? /.*/ : name,
          )
          expect(model.parameters().map((one) => one.toArray())).to.deep.equal(before)
        }
      }
      writeFileSync(file, written(state).bytes)
      resume()
      expect(model.parameters().map((one) => one.toArray())).to.not.deep.equal(before)
    })

    it('is refused when another program has written it', () => {
      const { model, loader, options } = make()
      fitSync(model, loader, options)
      const { tensors, metadata } = io.loadSafetensorsSync(file)
      const resume = (): unknown => fitSync(model, loader, { ...options, resume: true })
      for (const [changed, message] of [
        [{ ...metadata, format: 'pt' }, /no checkpoint of fit/],
        [
          { ...metadata, formatVersion: '1', gradlane: '0.0.9' },
          /0\.0\.9 in version 1.*reads version 4/,
        ],
      ] as const) {
        writeFileSync(file, io.safetensorsToBuffer(tensors, { metadata: changed }))
        expect(resume).to.throw(FormatError, message)
      }
      const { 'state.json': rest, ...others } = tensors
      const text = (words: string): Tensor => {
        const bytes = Buffer.from(words)
        return tensor([...bytes], { dtype: 'uint8' })
      }
      for (const [changed, message] of [
        [others, /no state\.json/],
        [{ ...others, 'state.json': tensor([1]) }, /no state\.json/],
        [{ ...others, 'state.json': text('{') }, /not valid JSON/],
        [{ ...others, 'state.json': text('[') }, /not valid JSON/],
        [{ ...others, 'state.json': text('"words"') }, /epoch/],
        [{ ...others, 'state.json': text('['.repeat(200) + ']'.repeat(200)) }, /too deeply/],
        [{ ...others, 'state.json': text('{"epoch":{"$tensor":"x"}}') }, /epoch is \$tensor "x"/],
        [{ ...others, 'state.json': text('{"epoch":{"$number":"7"}}') }, /epoch is \$number "7"/],
        [{ ...others, 'state.json': text('{"epoch":{"$evil":1}}') }, /epoch is \$evil/],
        ...[
          '["a",[],0]',
          '["uint8",3,0]',
          '["uint8",[-1],0]',
          '["uint8",[2],1e6]',
          '["uint8"]',
        ].map(
          (place) =>
            [
              { ...others, 'state.json': text(`{"epoch":{"$tensor":${place}}}`) },
              /epoch is \$tensor/,
            ] as const,
        ),
        [{ ...others, 'state.json': rest!, 'small.tensors': tensor([1]) }, /no small\.tensors/],
      ] as const) {
        writeFileSync(file, io.safetensorsToBuffer(changed, { metadata }))
        expect(resume).to.throw(FormatError, message)
      }
      writeFileSync(file, io.safetensorsToBuffer({ ...others, 'state.json': rest! }, { metadata }))
      resume()
      // the same header without the place of the checksum
      const bytes = readFileSync(file)
      const at = bytes.indexOf('{ "gradlane_gmac"') + 1
      bytes[at + 1] = 0x20
      bytes[at] = 0x22
      expect(bytes.toString('latin1', at, at + 3)).to.equal('" g')
      writeFileSync(file, bytes)
      expect(resume).to.throw(FormatError, /no checksum/)
    })
  })
})
