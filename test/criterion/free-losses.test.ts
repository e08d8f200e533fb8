import { expect } from 'chai'

import {
  add,
  DTypeError,
  data,
  fit,
  Generator,
  nn,
  ones,
  optim,
  randn,
  ShapeError,
  sign,
  sum,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const f64 = { dtype: 'float64' } as const
const labels = tensor([0, 2, 1], { dtype: 'int32' })

describe('losses that are functions of tensors', () => {
  eachBackend(() => {
    it('have the gradients of their graph by hand too, also those by all of three inputs', () => {
      const generator = new Generator(2)
      const [a, b, c] = [0, 1, 2].map(() => randn([3, 4], { ...f64, generator })) as [
        Tensor,
        Tensor,
        Tensor,
      ]
      const ranking = new nn.MarginRankingLoss({ margin: 3, reduction: 'none' })
      const given = [a, b, c].map((x) => x.clone().requiresGrad_()) as [Tensor, Tensor, Tensor]
      sum(ranking.forward(...given)).backward()
      const byHand = ranking.backward(a, b, c)
      expect(byHand.map((g) => g.toArray())).to.deep.equal(given.map((x) => x.grad!.toArray()))

      const margin = new nn.MultiMarginLoss({ p: 2 })
      const x = a.clone().requiresGrad_()
      margin.forward(x, labels).backward()
      expect(margin.backward(a, labels).toArray()).to.deep.equal(x.grad!.toArray())
    })

    it('train by fit', async () => {
      const generator = new Generator(4)
      const x = randn([32, 3], { ...f64, generator })
      const target = sign(sum(x, 1, { keepdim: true }))
      const classes = add(target, 1).reshape([32]).to('int32')
      const counts = add(target, 2)
      for (const [criterion, y, outputs] of [
        [new nn.SoftMarginLoss(), target, 1],
        [new nn.HingeEmbeddingLoss(), target, 1],
        [new nn.PoissonNLLLoss(), counts, 1],
        [new nn.MultiMarginLoss(), classes, 3],
        [new nn.MultiLabelSoftMarginLoss(), add(target, 1).mul(0.5), 1],
      ] as const) {
        const model = new nn.Linear(3, outputs, { ...f64, generator })
        const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
        const loader = new data.DataLoader(new data.TensorDataset([x, y]), { batchSize: 8 })
        const history = await fit(model, loader, { criterion, optimizer, epochs: 4 })
        const losses = history.epochs.map(({ logs }) => logs['loss']!)
        expect(losses.at(-1), criterion.toString()).to.be.below(losses[0]!)
      }
    })

    it('refuse what does not fit, in their own name', () => {
      const x = ones([3, 4])
      const alike = [
        new nn.HingeEmbeddingLoss(),
        new nn.SoftMarginLoss(),
        new nn.MultiLabelSoftMarginLoss(),
        new nn.PoissonNLLLoss(),
      ]
      for (const loss of alike) {
        const { name } = loss.constructor
        expect(() => loss.forward(x, ones([4]))).to.throw(
          ShapeError,
          `${name}: expected the target`,
        )
        expect(() => loss.forward(x, ones([3, 4], f64))).to.throw(DTypeError, name)
        expect(() => loss.forward(labels, labels)).to.throw(DTypeError, name)
      }
      const { MarginRankingLoss, CosineEmbeddingLoss, GaussianNLLLoss, MultiMarginLoss } = nn
      const refused = (call: () => unknown, ...what: Parameters<Chai.Throw>): void => {
        expect(call).to.throw(...what)
      }
      refused(() => new MarginRankingLoss().forward(x, ones([5]), x), ShapeError, 'MarginRanking')
      refused(() => new MarginRankingLoss().forward(x, x, ones([3, 4], f64)), DTypeError)
      refused(() => new CosineEmbeddingLoss().forward(x, x, x), ShapeError, '(N, D), (N, D), (N)')
      refused(() => new CosineEmbeddingLoss().forward(x, ones([4]), labels), ShapeError)
      refused(() => new GaussianNLLLoss().forward(x, x, ones([4])), ShapeError, 'the variance')
      refused(() => new GaussianNLLLoss().forward(x, x, add(zeros([3, 4]), -1)), ValueError, '-1')
      refused(
        () => new MultiMarginLoss().forward(x, tensor([0, 1, 4], { dtype: 'int32' })),
        ValueError,
        '4',
      )
      refused(
        () => new MultiMarginLoss().forward(x, tensor([0, 1, -100], { dtype: 'int32' })),
        ValueError,
        '-100',
      )
      refused(() => new MultiMarginLoss({ weight: ones([3]) }).forward(x, labels), ShapeError)
      refused(() => new MultiMarginLoss({ p: 3 as 2 }), ValueError, '1 or 2')
      refused(() => new GaussianNLLLoss({ eps: 0 }), ValueError, 'above 0')
      refused(() => new nn.PoissonNLLLoss({ eps: -1 }), ValueError)
    })
  })
})
