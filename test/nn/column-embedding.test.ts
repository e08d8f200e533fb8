import { expect } from 'chai'

import {
  data,
  DTypeError,
  fitSync,
  Generator,
  io,
  manualSeed,
  nn,
  optim,
  randn,
  ShapeError,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const codes = [2, 0, 3, 2, 1]

describe('nn.ColumnEmbedding', () => {
  eachBackend(() => {
    for (const dtype of ['float32', 'float64'] as const) {
      it(`does what Embedding does, in ${dtype}`, () => {
        const generator = new Generator(4)
        const module = new nn.ColumnEmbedding(4, 3, { dtype, generator })
        const plain = new nn.Embedding(4, 3, { dtype })
        plain.loadStateDict(module.stateDict())
        const input = tensor(codes, { dtype }).reshape([5, 1])
        const indices = tensor(codes, { dtype: 'int32' })
        expect(module.forward(input).toArray()).to.deep.equal(plain.forward(indices).toArray())
        const gradOutput = randn([5, 3], { dtype, generator })
        const gradInput = module.backward(input, gradOutput)
        plain.backward(indices, gradOutput)
        expect(gradInput.shape).to.deep.equal([5, 1])
        expect(Array.from(gradInput.data)).to.deep.equal([0, 0, 0, 0, 0])
        expect(module.weight.grad!.toArray()).to.deep.equal(plain.weight.grad!.toArray())
      })
    }
  })

  it('refuses what is no column of indices', () => {
    const module = new nn.ColumnEmbedding(3, 2)
    expect(() => module.forward(tensor([[3]]))).to.throw(ValueError, /index|3/)
    expect(() => module.forward(tensor([[-1]]))).to.throw(ValueError)
    expect(() => module.forward(tensor([[1, 2]]))).to.throw(ShapeError, /\(…, 1\)/)
    expect(() => module.forward(tensor([[1]], { dtype: 'float64' }))).to.throw(DTypeError)
  })
})

describe('ColumnTransformer.embeddingModule', () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({
    size: (i * 7) % 11,
    kind: ['a', 'b', 'c', null][i % 4]!,
    place: `p${i % 9}`,
    weight: i % 5,
  }))
  const table = data.Table.fromRows(rows)
  const fitted = (): data.ColumnTransformer =>
    new data.ColumnTransformer({
      size: new data.StandardScaler(),
      kind: new data.EmbeddingEncoder(),
      weight: new data.StandardScaler(),
      place: new data.EmbeddingEncoder({ embeddingDim: 2 }),
    }).fit(table)

  it('puts vectors in the places of indices', () => {
    const columns = fitted()
    expect(columns.embeddings).to.deep.equal([
      { column: 'kind', place: 1, numEmbeddings: 4, embeddingDim: 3 },
      { column: 'place', place: 3, numEmbeddings: 10, embeddingDim: 2 },
    ])
    const numbers = columns.transform(table)
    expect(numbers.select(0, 3).data[1]).to.equal(0)
    const module = columns.embeddingModule()!
    const output = module.forward(numbers)
    expect(output.shape).to.deep.equal([60, 7])
    const [, kinds, , places] = module.children().map((child) => child.parameters()[0])
    const expected = [
      numbers.select(0, 8).data[0]!,
      ...kinds!.select(0, 1).data,
      numbers.select(0, 8).data[2]!,
      ...places!.select(0, 9).data,
    ]
    expect([...output.select(0, 8).data]).to.deep.equal(expected)
    const unseen = columns.transform({ size: 1, kind: 'z', weight: 1, place: 'p1' })
    expect([unseen.data[1], unseen.data[3]]).to.deep.equal([0, 2])
    expect(columns.inverseTransform(numbers).row(4).kind).to.equal('a')
  })

  it('is null without an index', () => {
    const columns = new data.ColumnTransformer({ size: new data.StandardScaler() }).fit(table)
    expect(columns.embeddingModule()).to.equal(null)
    expect(columns.embeddings).to.deep.equal([])
  })

  it('trains in captured steps and goes through a file', () => {
    manualSeed(1)
    const columns = fitted()
    const x = columns.transform(table)
    const y = tensor(rows.map(({ kind, place }) => [Number(kind === 'a') + Number(place === 'p3')]))
    const network = new nn.Sequential(columns.embeddingModule()!, new nn.Linear(7, 1))
    const optimizer = new optim.Adam(network.parameters(), { lr: 0.05 })
    const options = { criterion: new nn.MSELoss(), optimizer, epochs: 60, batchSize: 20 }
    const { epochs } = fitSync(network, [x, y], options)
    expect(epochs.at(-1)!.logs.loss).to.be.below(epochs[0]!.logs.loss! / 20)
    const model = io.modelFromBuffer(io.modelToBuffer(network))
    expect(model.forward(x).toArray()).to.deep.equal(network.forward(x).toArray())
  })
})
