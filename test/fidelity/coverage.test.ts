import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { nn, optim } from '../../ts/index.js'
import type { FunctionCase } from '../support/function-case.js'
import { type LayerCase, type LossCase, readCases } from '../support/pytorch-fixture.js'

/** Layers without cases of their own, and why. A layer that is new is either here or in a fixture. */
const layersWithoutCases: Readonly<Record<string, string>> = {
  Module: 'a base class',
  Activation: 'a base class',
  Sequential: 'whole models are in models.json',
  ModuleList: 'it computes nothing',
  ModuleDict: 'it computes nothing',
  ParameterList: 'it computes nothing',
  ParameterDict: 'it computes nothing',
  Swish: 'PyTorch has no beta; with 1 it is SiLU',
  Quadratic: 'PyTorch has none',
  RMSNorm: 'PyTorch 1.13 has none; its function has cases by formula',
  Bilinear: 'it takes two inputs; its function has cases',
  EmbeddingBag: 'it takes offsets; its function has cases',
  CosineSimilarity: 'it takes two inputs; its function has cases',
  ...Object.fromEntries(
    [
      'Normalize',
      'RandomBrightness',
      'RandomCrop',
      'RandomErasing',
      'RandomHorizontalFlip',
      'RandomTranslation',
    ].map((name) => [name, 'torchvision and Keras have it, PyTorch none']),
  ),
  ...Object.fromEntries(
    ['RNN', 'LSTM', 'GRU', 'RNNCell', 'LSTMCell', 'GRUCell'].map((name) => [
      name,
      'its states have cases of their own, in recurrent.json',
    ]),
  ),
  MultiheadAttention: 'it takes three inputs; it has cases of its own, in attention.json',
  ...Object.fromEntries(
    ['', 'Encoder', 'Decoder', 'EncoderLayer', 'DecoderLayer'].map((part) => [
      `Transformer${part}`,
      'it has cases of its own, in transformer.json',
    ]),
  ),
  PositionalEncoding: 'PyTorch has none; it is held to formulas',
  RotaryEmbedding: 'PyTorch has none; its function has cases by formula',
  EveryStep: 'PyTorch has none; it is held to its layer',
  LastStep: 'PyTorch has none; it is held to its layer',
  Split: 'PyTorch has none',
  Concat: 'PyTorch has none',
  Parallel: 'PyTorch has none',
  ColumnEmbedding: 'PyTorch has none; it is held to Embedding',
  Residual: 'PyTorch has none',
  AdditiveCoupling: 'PyTorch has none',
  Sign: 'PyTorch has none',
  BinaryLinear: 'PyTorch has none',
  BinaryConv2d: 'PyTorch has none',
  PackedBinaryLinear: 'PyTorch has none',
  PackedBinaryConv2d: 'PyTorch has none',
}

const criteriaWithoutCases: Readonly<Record<string, string>> = {
  Criterion: 'a base class',
  ProbabilityCrossEntropyLoss: 'PyTorch has none',
}

const optimizersWithoutCases: Readonly<Record<string, string>> = {
  Optimizer: 'a base class',
  LBFGS: 'it calls the model itself; its trajectories are in lbfgs.json',
}

const optimizersWithoutEdges: Readonly<Record<string, string>> = {
  ...optimizersWithoutCases,
  Lion: 'PyTorch has none; its trajectories come from its formula in optim.py',
}

const schedulersWithoutCases: Readonly<Record<string, string>> = {
  LRScheduler: 'a base class',
}

const layerFixtures = ['nn', 'conv', 'norm', 'pool', 'pad', 'upsample2d', 'embedding'] as const
const layerCases = layerFixtures.flatMap((name) => readCases(name) as readonly LayerCase[])
const lossCases = readCases('criterion') as readonly LossCase[]
const freeLosses = readCases('functions/losses') as readonly FunctionCase[]

interface Class {
  readonly prototype: object
}

/** The exported classes that are `base` or derived from it. */
function derived(exports: object, base: Class): string[] {
  return Object.entries(exports)
    .filter(([, value]: [string, unknown]) => {
      if (typeof value !== 'function') return false
      return value === base || base.prototype.isPrototypeOf(value.prototype as object)
    })
    .map(([name]) => name)
    .sort()
}

function expectCovered(
  exported: readonly string[],
  cases: readonly string[],
  without: Readonly<Record<string, string>>,
): void {
  const found = new Set(cases)
  const missing = exported.filter((name) => !found.has(name) && !(name in without))
  expect(missing, 'neither in a fixture nor in the table').to.deep.equal([])
  const needless = Object.keys(without).filter((name) => found.has(name))
  expect(needless, 'in the table for nothing').to.deep.equal([])
}

const schedulers = [...derived(optim, optim.LRScheduler), 'ReduceLROnPlateau']

describe('what is compared with PyTorch', () => {
  it('every layer', () => {
    const names = layerCases.map(({ name }) => name)
    expectCovered(derived(nn, nn.Module), names, layersWithoutCases)
  })

  it('every criterion', () => {
    const names = [...lossCases, ...freeLosses].map(({ name }) => name)
    expectCovered(derived(nn, nn.Criterion), names, criteriaWithoutCases)
  })

  it('every optimizer', () => {
    const cases = readCases('optim') as readonly { optimizer: string; dtype: string }[]
    for (const dtype of ['float32', 'float64']) {
      const names = cases.filter((one) => one.dtype === dtype).map(({ optimizer }) => optimizer)
      expectCovered(derived(optim, optim.Optimizer), names, optimizersWithoutCases)
    }
  })

  it('every optimizer with gradients that are odd', () => {
    const cases = readCases('optim_edges') as readonly { name: string; kind: string }[]
    const names = cases.map(({ name }) => name)
    expectCovered(derived(optim, optim.Optimizer), names, optimizersWithoutEdges)
    for (const name of new Set(names)) {
      const kinds = cases.filter((one) => one.name === name).map(({ kind }) => kind)
      expect(kinds, name).to.include.members(['zero', 'huge', 'tiny', 'nan', 'inf', '-inf'])
    }
  })

  it('every scheduler', () => {
    const cases = readCases('scheduler') as readonly { schedulers: readonly string[] }[]
    const names = cases.flatMap((one) => one.schedulers)
    expectCovered(schedulers, names, schedulersWithoutCases)
  })

  it('every layer with its edges: a batch of 1, NaN, infinities, ±1e4, gradients with NaN', () => {
    const names = new Set(layerCases.map(({ name }) => name))
    // its inputs are indices
    names.delete('Embedding')
    for (const name of names) {
      const own = layerCases.filter((one) => one.name === name)
      const kinds = own.map(({ kind = 'plain' }) => kind)
      expect(kinds, name).to.include.members(['plain', 'nan', 'inf', '-inf', 'far', 'gradient'])
      expect(
        own.some(({ input }) => input[0] === 1),
        `${name}: a batch of 1`,
      ).to.equal(true)
    }
  })

  it('every criterion with its edges: all reductions, a batch of 1, NaN, infinities, ±1e4', () => {
    for (const name of new Set(lossCases.map((one) => one.name))) {
      const own = lossCases.filter((one) => one.name === name)
      const kinds = own.map(({ kind = 'plain' }) => kind)
      expect(kinds, name).to.include.members(['plain', 'nan', 'inf', '-inf', 'far'])
      const reductions = own.map(({ options }) => options['reduction'] ?? 'mean')
      expect(reductions, name).to.include.members(['mean', 'sum', 'none'])
      expect(
        own.some(({ shape }) => shape[0] === 1),
        `${name}: a batch of 1`,
      ).to.equal(true)
    }
  })

  it('every criterion of functions the same', () => {
    for (const name of new Set(freeLosses.map((one) => one.name))) {
      const own = freeLosses.filter((one) => one.name === name)
      const of = (argument: unknown): Record<string, unknown> =>
        (argument as { tensor?: Record<string, unknown> }).tensor ?? {}
      expect(own.map((one) => of(one.arguments[0])['kind'])).to.include('nan')
      const options = own.map((one) => one.arguments.at(-1) as Record<string, unknown>)
      const reductions = options.map((given) => given['reduction'] ?? 'mean')
      expect(reductions, name).to.include.members(['mean', 'sum', 'none'])
      const single = own.some((one) => (of(one.arguments[0])['shape'] as number[])[0] === 1)
      expect(single, `${name}: a batch of 1`).to.equal(true)
    }
  })

  it('layers that tell training from evaluation in both modes', () => {
    const names = layerCases.filter(({ mode }) => mode === 'eval').map(({ name }) => name)
    const both = ['BatchNorm1d', 'BatchNorm2d', 'Dropout', 'Dropout2d', 'InstanceNorm2d']
    expect([...new Set(names)]).to.include.members(both)
  })
})

describe('docs/pytorch-differences.md', () => {
  const page = readFileSync(new URL('../../docs/pytorch-differences.md', import.meta.url), 'utf8')

  it('names what PyTorch has and we have not, and nothing else', () => {
    const path = new URL('../fixtures/names.json', import.meta.url)
    const { names } = JSON.parse(readFileSync(path, 'utf8')) as {
      names: { nn: string[]; optim: string[]; schedulers: string[] }
    }
    const theirs = [...names.nn, ...names.optim, ...names.schedulers]
    const ours = [
      ...Object.keys(nn),
      ...derived(optim, optim.Optimizer),
      ...schedulers,
      '_LRScheduler', // LRScheduler
    ]
    const rows = page.slice(page.indexOf('## What is not there')).split('\n')
    const listed = rows.flatMap((row) => row.split('|')[2]?.match(/`[^`]+`/g) ?? [])
    const patterns = listed.map((name) => new RegExp(`^${name.slice(1, -1).replace('*', '.*')}$`))
    const absent = theirs.filter((name) => !ours.includes(name))
    const unnamed = absent.filter((name) => !patterns.some((pattern) => pattern.test(name)))
    expect(unnamed, 'not named').to.deep.equal([])
    const needless = listed.filter((_, i) => !absent.some((name) => patterns[i]!.test(name)))
    expect(needless, 'named for nothing').to.deep.equal([])
    const there = ours.filter((name) => patterns.some((pattern) => pattern.test(name)))
    expect(there, 'named, but there').to.deep.equal([])
  })

  it('names of what PyTorch has not only what is there', () => {
    const section = page.slice(page.indexOf('## What PyTorch does not have'))
    const own = section.slice(0, section.indexOf('## What is not there'))
    const named = own.match(/`\w+`/g)!.map((name) => name.slice(1, -1))
    const tables = { ...layersWithoutCases, ...criteriaWithoutCases, ...optimizersWithoutEdges }
    const exported = [...Object.keys(nn), ...Object.keys(optim)]
    const wrong = named.filter((name) => !exported.includes(name) || !(name in tables))
    expect(wrong).to.deep.equal([])
  })

  it('has what the tests of results refer to', () => {
    const path = new URL('../support/pytorch-differences.ts', import.meta.url)
    const quotes = [...readFileSync(path, 'utf8').matchAll(/\/\/ "([^"]+)"/g)].map(
      ([, text]) => text!,
    )
    expect(quotes.length).to.be.greaterThan(5)
    const plain = page.replaceAll('`', '')
    expect(quotes.filter((text) => !plain.includes(text))).to.deep.equal([])
  })
})
