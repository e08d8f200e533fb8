import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { data, FormatError, io, manualSeed, nn, ValueError } from '../../ts/index.js'
import { show } from '../../ts/show.js'
import { eachBackend } from '../support/each-backend.js'
import { rejection } from '../train/setting.js'
import { flowers, houses } from './rows.js'

const flower = { width: 4.8, height: 15, colour: null }
const house = { size: 80, district: 'north', garden: true }

async function fitted(target: 'kind' | 'price'): Promise<data.Pipeline> {
  manualSeed(3)
  const model = new data.Pipeline({ target, lr: 0.01 })
  await model.fit(target === 'kind' ? flowers().drop(['note']) : houses(), { epochs: 2 })
  return model
}

describe('Pipeline: in a file', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-pipeline-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  eachBackend(() => {
    it('answers as before, bit for bit, from a path, a URL and bytes', async () => {
      const path = join(folder, 'flowers.safetensors')
      const model = await fitted('kind')
      await model.save(path)
      const bytes = model.toBuffer()
      expect(readFileSync(path).equals(bytes)).to.equal(true)
      const loaded = [
        await data.Pipeline.load(path),
        await data.Pipeline.load(pathToFileURL(path)),
        await data.Pipeline.load(bytes),
        data.Pipeline.fromBuffer(bytes),
      ]
      for (const again of loaded) {
        expect(again.predictProba(flower)).to.deep.equal(model.predictProba(flower))
        expect(again.predict(flowers())).to.deep.equal(model.predict(flowers()))
        expect(again.explain(flower)).to.deep.equal(model.explain(flower))
        expect(again.describe()).to.deep.equal(model.describe())
        expect(String(again)).to.equal(String(model))
        expect(await again.evaluate(flowers())).to.deep.equal(await model.evaluate(flowers()))
        expect(again.history).to.equal(null)
        expect(Buffer.from(again.toBuffer()).equals(bytes)).to.equal(true)
      }
      const numbers = await fitted('price')
      const again = data.Pipeline.fromBuffer(numbers.toBuffer())
      expect(again.predict(house)).to.equal(numbers.predict(house))
    })

    it('is fitted again where its parts are the usual ones', async () => {
      const model = data.Pipeline.fromBuffer((await fitted('price')).toBuffer())
      manualSeed(3)
      await model.fit(houses(), { epochs: 2 })
      expect(model.predict(house)).to.equal((await fitted('price')).predict(house))
    })
  })

  it('holds the weights under their names for whatever reads safetensors', async () => {
    const model = await fitted('kind')
    const { tensors } = io.safetensorsFromBuffer(model.toBuffer())
    for (const [name, { data }] of Object.entries(model.network!.stateDict()))
      expect(tensors[name]!.data).to.deep.equal(data)
    const network = await io.loadModel(model.toBuffer())
    expect(String(network)).to.equal(String(model.network))
    expect(network.training).to.equal(false)
  })

  it('answers where its network was code, and says why it is not fitted again', async () => {
    const model = new data.Pipeline({
      target: 'price',
      network: (inputs, outputs) => new nn.Linear(inputs, outputs),
      criterion: new nn.L1Loss(),
    })
    await model.fit(houses(), { epochs: 1 })
    const again = data.Pipeline.fromBuffer(model.toBuffer())
    expect(again.predict(house)).to.equal(model.predict(house))
    const { loss, ...others } = await again.evaluate(houses())
    expect(loss).to.be.NaN
    expect(await model.evaluate(houses())).to.include(others)
    const error = await rejection(again.fit(houses()))
    expect(error).to.have.property('code', 'ERR_VALUE')
    expect(String(error)).to.include('does not hold its network and criterion')
    // Nor does one that was saved from it.
    const third = data.Pipeline.fromBuffer(again.toBuffer())
    expect(String(await rejection(third.fit(houses())))).to.include('network and criterion')
  })

  it('holds what was said of it, until it is fitted again', async () => {
    const model = await fitted('price')
    const plain = model.toBuffer()
    const facts = {
      test: await model.evaluate(houses()),
      rows: 7,
      of: ['a', null, NaN],
      __proto__x: 1,
    }
    model.facts = facts
    expect(model.describe().facts).to.deep.equal(facts)
    const again = data.Pipeline.fromBuffer(model.toBuffer())
    expect(again.facts).to.deep.equal(facts)
    expect(again.describe()).to.deep.equal(model.describe())
    expect(data.Pipeline.fromBuffer(again.toBuffer()).facts).to.deep.equal(facts)
    await again.fit(houses(), { epochs: 1 })
    expect(again.facts).to.deep.equal({})
    expect(data.Pipeline.fromBuffer(plain).facts, 'a file without any').to.deep.equal({})
    for (const odd of [null, 3, [1], { map: new Map() }, { run: () => 1 }]) {
      model.facts = odd as never
      expect(() => model.toBuffer(), show(odd)).to.throw(ValueError)
    }
  })

  it('refuses a network of a class that is not registered', async () => {
    class Own extends nn.Linear {}
    const network = (inputs: number, outputs: number) => new Own(inputs, outputs)
    const model = new data.Pipeline({ target: 'price', network })
    await model.fit(houses(), { epochs: 1 })
    const path = join(folder, 'own.safetensors')
    expect(() => model.toBuffer()).to.throw("io.registerModule('Own', Own)")
    expect(String(await rejection(model.save(path)))).to.include('io.registerModule')
  })

  it('refuses what is no pipeline', async () => {
    const model = await fitted('kind')
    const bytes = Buffer.from(model.toBuffer())
    const files: readonly (readonly [string, Uint8Array, RegExp])[] = [
      ['nothing', Buffer.alloc(0), /./],
      [
        'a model alone',
        io.modelToBuffer(new nn.Linear(2, 2)),
        /a Pipeline, got another one; io\.loadModel/,
      ],
      ['weights alone', io.safetensorsToBuffer(model.network!.stateDict()), /tensors alone/],
      ['a part', bytes.subarray(0, bytes.length - 10), /./],
    ]
    for (const [what, file, message] of files) {
      const path = join(folder, 'odd.safetensors')
      writeFileSync(path, file)
      for (const error of [
        await rejection(data.Pipeline.load(path)),
        await rejection(Promise.resolve(file).then((given) => data.Pipeline.fromBuffer(given))),
      ]) {
        expect(error, what).to.be.instanceOf(FormatError)
        expect(String(error), what).to.match(message)
      }
    }
    expect(await rejection(data.Pipeline.load(3 as never))).to.have.property('code', 'ERR_VALUE')
  })

  it('refuses descriptions that were changed by hand, each part of them', async () => {
    const model = await fitted('kind')
    const { model: network, extra } = io.readModelSync(model.toBuffer())
    const { json, tensors } = extra['pipeline']!
    type Parts = Record<string, never>
    const changed = (change: (json: Parts, tensors: Parts) => unknown): Uint8Array => {
      const parts = structuredClone(json) as Parts
      const own = { ...tensors } as unknown as Parts
      change(parts, own)
      return io.modelToBuffer(network, { extra: { pipeline: { json: parts, tensors: own } } })
    }
    expect(data.Pipeline.fromBuffer(changed(() => 0)).predict(flower)).to.equal(
      model.predict(flower),
    )
    const keys = Object.keys(json as object).filter((key) => key !== 'options')
    const without = keys.map((key): [string, Uint8Array] => [
      `without ${key}`,
      changed((parts) => Reflect.deleteProperty(parts, key)),
    ])
    const odd = keys.map((key): [string, Uint8Array] => [
      `with another ${key}`,
      changed((parts) => Reflect.set(parts, key, [7])),
    ])
    const others: [string, Uint8Array][] = [
      ['without a tensor', changed((_, own) => Reflect.deleteProperty(own, Object.keys(own)[0]!))],
      ['of another format', changed((parts) => Reflect.set(parts, 'format', 99))],
      [
        'of a transformer that there is not',
        changed((parts) =>
          Reflect.set(parts['columns']!['config']['columns'][0][1][0], 'name', 'eval'),
        ),
      ],
      [
        'of more classes',
        changed((parts) => Reflect.set(parts['encoding']!['state'], 'classes', ['a', 'b', 'c'])),
      ],
      ['of odd facts', changed((parts) => Reflect.set(parts, 'facts', [1]))],
      ['of odd options', changed((parts) => Reflect.set(parts, 'options', { lr: -1 }))],
    ]
    for (const [what, bytes] of [...without, ...odd, ...others])
      expect(() => data.Pipeline.fromBuffer(bytes), what).to.throw(FormatError)
  })
})
