import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect } from 'chai'

import { capture, io, mul, nn, ones, type Tensor, tensor } from '../../../ts/index.js'
import { classes } from '../../../ts/io/model/architecture.js'
import { registerFixtureScale } from '../../fixtures/model-format-1.js'
import { bitsOf, expectSame } from '../../support/saved-model.js'

const { modelFromBuffer, modelToBuffer, registerModule } = io

/** Of modules, in nn when the file of format 1 was made: all of them are in it. */
const KINDS_OF_FORMAT_1 = 55

/** Layers of a user's own. */
class Scale extends nn.Module {
  factors: nn.Parameter[]
  constructor(readonly features: number) {
    super()
    this.factors = [new nn.Parameter(ones([features])), new nn.Parameter(ones([features]))]
    this.registerBuffer('calls', tensor([0], { dtype: 'int32' }))
  }
  override computeOutput(input: Tensor): Tensor {
    return mul(input, this.factors[0]!)
  }
  override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    return gradOutput
  }
}

class Block extends nn.Sequential {
  constructor() {
    super(new nn.Linear(3, 3), new nn.BatchNorm1d(3), new nn.Dropout())
  }
}

class Bare extends nn.Identity {}

const reloaded = <M extends nn.Module>(model: M): M => modelFromBuffer(modelToBuffer(model)) as M
function child<M extends nn.Module>(
  model: nn.Module,
  name: string,
  of: new (...args: never[]) => M,
): M {
  const found = new Map(model.namedChildren()).get(name)
  expect(found).to.be.instanceOf(of)
  return found as M
}

describe('saveModel and loadModel', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-model-'))
    registerModule('tests.Scale', Scale, {
      config: ({ features }) => ({ features }),
      create: ({ features }: { features: number }) => new Scale(features),
    })
    registerModule('Block', Block)
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU())

  it('take a path, a file URL and bytes, with a promise and without', async () => {
    const path = join(folder, 'model.safetensors')
    const url = pathToFileURL(join(folder, 'other.safetensors'))
    await io.saveModel(model, path)
    io.saveModelSync(model, url)
    expect(readFileSync(url)).to.deep.equal(readFileSync(path))
    const bytes = modelToBuffer(model)
    expect(readFileSync(path).equals(bytes)).to.equal(true)
    for (const source of [path, pathToFileURL(path), bytes, new Uint8Array(bytes)]) {
      expectSame(await io.loadModel(source), model)
      expectSame(io.loadModelSync(source), model)
      expectSame((await io.readModel(source)).model, model)
      expectSame(io.readModelSync(source).model, model)
    }
  })

  it('say which file it was', async () => {
    const path = join(folder, 'cut.safetensors')
    writeFileSync(path, modelToBuffer(model).subarray(0, 100))
    const refused = await io.loadModel(path).catch((error: unknown) => error)
    expect(refused).to.have.property('code', 'ERR_FORMAT')
    expect(String(refused)).to.include(`loadModel(${path})`)
    const missing = join(folder, 'nothing')
    const none = await io.loadModel(missing).catch((error: unknown) => error)
    expect(none).to.have.property('code', 'ENOENT')
  })

  it('keep what travels along', () => {
    const mean = tensor([[1, NaN]], { dtype: 'float64' })
    const state = Object.fromEntries([
      ['mean', mean],
      ['__proto__', tensor([3], { dtype: 'uint8' })],
    ])
    const json = {
      numbers: [1, NaN, -0, Infinity],
      $name: { $number: '1' },
      nothing: null,
      left: undefined,
      ...(JSON.parse('{"__proto__":[true]}') as object),
    } as unknown as io.Json
    const bytes = modelToBuffer(model, {
      extra: { preprocessing: { json, tensors: state }, classes: { json: ['a'] }, empty: {} },
      metadata: { note: 'ä' },
    })
    const { extra, metadata, version, format } = io.readModelSync(bytes)
    expect(metadata).to.deep.equal({ note: 'ä' })
    expect(version).to.match(/^\d+\.\d+\.\d+/)
    expect(format).to.equal(1)
    expect(Object.keys(extra)).to.deep.equal(['preprocessing', 'classes', 'empty'])
    expect(extra['classes']).to.deep.equal({ json: ['a'], tensors: {} })
    expect(extra['empty']).to.deep.equal({ json: null, tensors: {} })
    const { json: again, tensors } = extra['preprocessing']!
    const given = Object.entries(json as object).filter(([name]) => name !== 'left')
    expect(again).to.deep.equal(Object.fromEntries(given))
    expect(Object.is((again as { numbers: number[] }).numbers[2], -0)).to.equal(true)
    expect(Object.keys(tensors)).to.deep.equal(['mean', '__proto__'])
    expect(bitsOf(tensors['mean']!)).to.deep.equal(bitsOf(mean))
    expectSame(modelFromBuffer(bytes), model)
  })

  it('hold modules of registered classes', () => {
    const scale = new Scale(3)
    scale.factors[1]!.data.fill(2)
    scale.factors[1]!.requiresGrad = false
    scale.buffers()[0]!.data[0] = 7
    const block = new Block()
    const own = new nn.Sequential(new nn.Linear(2, 3), scale, block, new nn.Residual(block), scale)
    block.at(1)!.eval()
    const again = reloaded(own)
    expectSame(again, own)
    const [first, second] = [child(again, '1', Scale), child(again, '2', Block)]
    expect(first).to.equal(again.at(4))
    expect(first.factors[1]!.requiresGrad).to.equal(false)
    expect(second.at(1)!.training).to.equal(false)
    expect(second.training).to.equal(true)
  })

  it('share parameters between modules of registered classes', () => {
    const [a, b] = [new Scale(2), new Scale(2)]
    b.factors[0] = a.factors[1]!
    const again = reloaded(new nn.Sequential(a, b))
    const [c, d] = [child(again, '0', Scale), child(again, '1', Scale)]
    expect(d.factors[0]).to.equal(c.factors[1])
    expect(d.factors[1]).to.not.equal(c.factors[0])
  })

  it('refuse to save what could not be loaded', () => {
    const refusal = (module: nn.Module): string => {
      try {
        modelToBuffer(module)
      } catch (error) {
        const { code, message } = error as { code: string; message: string }
        return `${code}: ${message}`
      }
      return 'nothing'
    }
    expect(refusal(new nn.Sequential(new nn.ReLU(), new nn.Sequential(new Bare())))).to.equal(
      "ERR_VALUE: modelToBuffer: expected module '1.0' to be a built-in module or one of a registered " +
        "class, got one of class Bare; io.registerModule('Bare', Bare) lets files hold it",
    )
    expect(refusal(new Bare())).to.include('expected the model to be')

    const more = new nn.Linear(2, 2) as nn.Linear & { more?: nn.Parameter }
    more.more = new nn.Parameter(ones([3]))
    expect(refusal(more)).to.match(/^ERR_VALUE: .*unexpected "more"/)

    const block = new Block()
    const outside = new nn.Sequential(block, block.at(0)!)
    expect(refusal(outside)).to.match(/^ERR_VALUE: .*module '0.0' stands both inside/)

    const [one, other] = [new nn.Linear(2, 2), new nn.Linear(2, 2)]
    other.weight = new nn.Parameter(one.weight)
    expect(refusal(new nn.Sequential(one, other))).to.match(
      /^ERR_VALUE: .*'0.weight' and '1.weight' are two tensors that share memory/,
    )

    let deep: nn.Module = new nn.ReLU()
    for (let i = 0; i < 150; i++) deep = new nn.Sequential(deep)
    expect(refusal(deep)).to.match(/^ERR_VALUE: .*at most 10000 modules, 100 inside/)
  })

  it('refuse what a section cannot hold', () => {
    const circle: unknown[] = []
    circle.push(circle)
    const odd: unknown[] = [
      new Map(),
      new Date(),
      () => 1,
      1n,
      Symbol(),
      [undefined],
      circle,
      model,
    ]
    for (const json of odd) {
      expect(() => modelToBuffer(model, { extra: { a: { json: json as io.Json } } }))
        .to.throw('extra.a.json')
        .with.property('code', 'ERR_VALUE')
    }
    const sections: unknown[] = [
      ...[1, null, [], { b: 1 }, { tensors: [] }, { tensors: { x: [1] } }].map((a) => ({ a })),
      ...[{ '': {} }, { 'a/b': {} }, [], 1],
    ]
    for (const extra of sections) {
      expect(() => modelToBuffer(model, { extra: extra as Record<string, io.ModelSection> }))
        .to.throw()
        .with.property('code', 'ERR_VALUE')
    }
    const taken = new nn.Sequential({ 'extra/a/b': new nn.Linear(1, 1) })
    const tensors = { 'b.weight': ones([1]) }
    expect(() => modelToBuffer(taken, { extra: { a: { tensors } } })).to.throw('is there twice')
    const text = 'x'.repeat(2 ** 24)
    expect(() => modelToBuffer(model, { extra: { a: { json: text } } }))
      .to.throw('at most 16777216 bytes')
      .with.property('code', 'ERR_VALUE')
    for (const name of ['gradlane_model', 'gradlane_extra', 'gradlane_gmac']) {
      expect(() => modelToBuffer(model, { metadata: { [name]: '' } })).to.throw('is reserved')
    }
  })

  it('want classes under names of their own', () => {
    registerModule('Block', Block)
    // as when its file is loaded anew
    registerModule('Block', { Block: class Block extends nn.Identity {} }.Block)
    registerModule('Block', Block)
    const register = registerModule as (...args: unknown[]) => void
    expect(() => {
      register('Block', Bare)
    }).to.throw('Block, which stands for Block')
    for (const args of [
      ...[
        ['a', nn.Linear],
        ['a', nn.Module],
        ['a', Object],
        ['a', 'Bare'],
        ['a', new Bare()],
      ],
      ...[
        ['', Bare],
        [1, Bare],
        ['a', Bare, { make: 1 }],
        ['a', Bare, { create: 1 }],
      ],
    ]) {
      expect(() => {
        register(...args)
      })
        .to.throw()
        .with.property('code', 'ERR_VALUE')
    }
  })

  it('tell what goes wrong in create and in config', () => {
    class Odd extends nn.Identity {}
    const withOptions = (options: io.RegisterModuleOptions): string => {
      registerModule('Odd', Odd, options as object)
      try {
        modelToBuffer(new Odd())
        return 'nothing'
      } catch (error) {
        return `${(error as { code?: string }).code}: ${String(error)}`
      }
    }
    expect(withOptions({ create: () => new nn.Identity() })).to.match(
      /^ERR_VALUE: .*Odd: create: expected what it returns to be of class Odd, got Identity\(\)/,
    )
    expect(
      withOptions({
        create: () => {
          throw new Error('broken')
        },
      }),
    ).to.match(/^ERR_VALUE: .*Odd: broken/)
    expect(withOptions({ config: () => new Map() as unknown as io.Json })).to.match(
      /^ERR_VALUE: .*the config of the model to be a text/,
    )
    expect(withOptions({})).to.equal('nothing')
  })

  it('load while no step is being captured', () => {
    const bytes = modelToBuffer(model)
    expect(() =>
      capture(({ x }) => (modelFromBuffer(bytes), mul(x, 2)), { inputs: { x: ones([1]) } }),
    )
      .to.throw('loading a model')
      .with.property('code', 'ERR_CAPTURE')
  })

  it('load the file of format 1 for ever', async () => {
    registerFixtureScale()
    const path = new URL('../../fixtures/models/format-1.safetensors', import.meta.url)
    const file = await io.readModel(path)
    const { expected, odd } = file.extra
    expect(file.format).to.equal(1)
    expect(file.metadata).to.deep.equal({ note: 'kept for ever' })
    expect(JSON.stringify(odd!.json)).to.equal(
      '{"numbers":[null,null,0],"$dollar":null,"__proto__":[]}',
    )
    expect(String(file.model)).to.equal((expected!.json as { text: string }).text)
    const network = child(file.model, 'network', nn.Sequential)
    expect(network.children().map(({ training }) => training)).to.deep.equal(
      Array.from({ length: 12 }, (_, i) => i === 10),
    )
    const { input, output } = expected!.tensors
    const again = network.eval().forward(input!)
    // seven layers of at most 12 terms on numbers below 10
    again.data.forEach((value, i) => expect(value).to.be.closeTo(output!.data[i]!, 1e-4))
    const [twice, tied] = [child(network, '5', nn.Linear), child(network, '8', nn.Linear)]
    expect(network.at(7)).to.equal(twice)
    expect(tied.weight).to.equal(twice.weight)
    const frozen = Array.from(network.namedParameters()).filter(
      ([, { requiresGrad }]) => !requiresGrad,
    )
    expect(frozen.map(([name]) => name)).to.deep.equal(['5.bias'])
    const made = new Set(file.model.modules().map((module) => module.constructor))
    const known = [...classes()].filter(([, constructor]) => made.has(constructor))
    expect(known).to.have.length(KINDS_OF_FORMAT_1)
  })
})
