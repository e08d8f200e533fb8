import { expect } from 'chai'

import {
  data,
  evaluate,
  fit,
  type FitOptions,
  fitSync,
  Generator,
  History,
  metrics,
  nn,
  optim,
  randn,
  sanityCheckSync,
  sum,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { textOf } from '../support/html.js'
import { warningsOf } from '../support/warnings.js'
import { rejection, setting, weights } from './setting.js'

const ROWS = 24
const labels = tensor(
  Array.from({ length: ROWS }, (_, i) => i % 3),
  { dtype: 'int32' },
)
const features = (): Tensor => randn([ROWS, 4], { generator: new Generator(3) })

/** A model whose last modules are these, and what trains it. */
function ending(...last: nn.Module[]): { model: nn.Sequential; optimizer: optim.SGD } {
  const generator = new Generator(1)
  const model = new nn.Sequential(new nn.Linear(4, 3, { generator }), ...last)
  return { model, optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }) }
}

class Own extends nn.Module {
  readonly layer = new nn.Linear(4, 3)
  readonly squash = new nn.Softmax(1)
  constructor(private readonly after: boolean) {
    super()
  }
  protected override computeOutput(input: Tensor): Tensor {
    const output = this.squash.forward(this.layer.forward(input))
    return this.after ? output.clone() : output
  }
  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradient = this.squash.backward(this.layer.output!, gradOutput)
    return this.layer.backward(input, gradient)
  }
}

describe('fit: failures that were silent', () => {
  eachBackend(() => {
    for (const capture of [true, false]) {
      describe(capture ? 'captured' : 'eager', () => {
        const told = (
          model: nn.Module,
          source: [Tensor, Tensor] | data.DataLoader<readonly Tensor[]>,
          options: FitOptions,
        ): Promise<string[]> => warningsOf(() => fit(model, source, { capture, ...options }))

        it('warns once of a softmax before CrossEntropyLoss, and names it', async () => {
          const criterion = new nn.CrossEntropyLoss()
          const { model, optimizer } = ending(new nn.Softmax(1), new nn.Identity())
          const history = new History()
          const options = { criterion, optimizer, history, epochs: 3, batchSize: 7 }
          const warnings = await told(model, [features(), labels], options)
          expect(warnings).to.have.length(1)
          expect(warnings[0]).to.match(
            /^fit: Sequential\.1 Softmax\(.*\) comes before CrossEntropyLoss, which computes the softmax itself/,
          )
          expect(history.warnings).to.have.length(1)
          expect(textOf(await history.toHTML())).to.include('comes before CrossEntropyLoss')
        })

        it('warns of the like, and of nothing that goes well', async () => {
          const x = features()
          const floats = labels.to('float32').reshape([ROWS, 1])
          const flags = tensor(Array.from({ length: ROWS }, (_, i) => i % 2)).reshape([ROWS, 1])
          const binary = (last: nn.Module[]): { model: nn.Sequential; optimizer: optim.SGD } => {
            const model = new nn.Sequential(new nn.Linear(4, 1), ...last)
            return { model, optimizer: new optim.SGD(model.parameters()) }
          }
          const cases: [ReturnType<typeof binary>, nn.Criterion, Tensor, RegExp | null][] = [
            [ending(new nn.Sigmoid()), new nn.CrossEntropyLoss(), labels, /1 Sigmoid\(\) comes/],
            [ending(new nn.Softmax(1)), new nn.NLLLoss(), labels, /take nn.LogSoftmax/],
            [binary([new nn.Sigmoid()]), new nn.BCEWithLogitsLoss(), flags, /take nn.BCELoss/],
            [ending(), new nn.CrossEntropyLoss(), labels, null],
            [ending(new nn.LogSoftmax(1)), new nn.NLLLoss(), labels, null],
            [binary([]), new nn.BCEWithLogitsLoss(), flags, null],
            [binary([new nn.Sigmoid()]), new nn.BCELoss(), flags, null],
            [binary([new nn.Sigmoid()]), new nn.MSELoss(), floats, null],
            [
              ending(new nn.Softmax(1), new nn.Linear(3, 3)),
              new nn.CrossEntropyLoss(),
              labels,
              null,
            ],
          ]
          for (const [{ model, optimizer }, criterion, y, message] of cases) {
            const warnings = await told(model, [x, y], { criterion, optimizer })
            if (message === null) expect(warnings, String(criterion)).to.deep.equal([])
            else expect(warnings.join()).to.match(message)
          }
          for (const after of [true, false]) {
            const model = new Own(after)
            const optimizer = new optim.SGD(model.parameters())
            const criterion = new nn.CrossEntropyLoss()
            const warnings = await told(model, [x, labels], { criterion, optimizer })
            expect(warnings.map((text) => /Own\.squash Softmax/.test(text))).to.deep.equal(
              after ? [] : [true],
            )
          }
        })

        it('says where the data has the NaN that the first loss comes from', async () => {
          const criterion = new nn.CrossEntropyLoss()
          const cases: [number, RegExp][] = [
            [
              4 * 17 + 2,
              /^fit: the loss of batch 3 of epoch 1 of 2 is NaN: the features have NaN in row 1, column 2(, which is sample 17 of the dataset)?$/,
            ],
            [
              4 * 23,
              /batch 3 of epoch 1 of 2 .* in row 7, column 0(, which is sample 23 of the dataset)?$/,
            ],
          ]
          for (const [place, message] of cases) {
            const { model, optimizer } = ending()
            const x = features()
            x.data[place] = NaN
            const loader = new data.DataLoader([x, labels], { batchSize: 8 })
            const options = { criterion, optimizer, epochs: 2 }
            const text = (await told(model, loader, options)).join('\n')
            expect(text).to.match(message)
            // Steps that JavaScript runs get their batches from the loader, which tells no numbers.
            expect(text.includes('sample')).to.equal(capture)
          }
          const { model, optimizer } = ending()
          const images = randn([6, 2, 2, 1])
          images.data[4 * 5 + 3] = Infinity
          const flat = new nn.Sequential(new nn.Flatten(), model)
          const stream = [[images, labels.narrow(0, 0, 6)]] as const
          const warnings = await warningsOf(() =>
            fit(flat, stream, { criterion, optimizer, capture, accumulate: 2 }),
          )
          expect(warnings.join()).to.match(/features have Infinity in row 5, column \(1, 1, 0\)$/)
        })

        it('finds it in the targets, in the last batch and among those of one step', async () => {
          const model = new nn.Linear(4, 1)
          const optimizer = new optim.SGD(model.parameters())
          const y = randn([ROWS, 1])
          y.data[22] = NaN
          const options = { criterion: new nn.MSELoss(), optimizer, accumulate: 2, shuffle: false }
          for (const batchSize of [2, 5, 7]) {
            const warnings = await told(model, [features(), y], { ...options, batchSize })
            const [batch, row] = [Math.floor(22 / batchSize), 22 % batchSize]
            expect(warnings.join()).to.include(
              `batch ${batch + 1} of epoch 1 of 1 is NaN: the targets have NaN in row ${row}, column 0`,
            )
            model.resetParameters()
            optimizer.zeroGrad()
          }
        })

        it('does not take a first batch that is known for an explosion', async () => {
          const model = new nn.Linear(4, 1)
          const optimizer = new optim.SGD(model.parameters(), { lr: 0 })
          const x = features()
          const y = model.forward(x).clone()
          y.data.forEach((value, i) => (y.data[i] = value + (i < 4 ? 1e-4 : 3)))
          const options = { criterion: new nn.MSELoss(), optimizer, batchSize: 4, shuffle: false }
          expect(await told(model, [x, y], options)).to.deep.equal([])
        })

        it('asks about the learning rate when a loss explodes', async () => {
          const criterion = new nn.MSELoss()
          const x = features()
          const y = sum(x, 1, { keepdim: true })
          const train = async (lr: number, epochs: number): Promise<string[]> => {
            const model = new nn.Linear(4, 1, { generator: new Generator(2) })
            const optimizer = new optim.SGD(model.parameters(), { lr })
            return told(model, [x, y], { criterion, optimizer, epochs, batchSize: 8 })
          }
          const [grown, ...others] = await train(10, 2)
          expect(others).to.deep.equal([])
          expect(grown).to.match(
            /the loss has grown from [\d.]+ to .* by the end of epoch \d of 2: is a learning rate of 10 too high\? lrFind/,
          )
          const [infinite] = await train(1e30, 3)
          expect(infinite).to.match(
            /is (NaN|Infinity): its data are finite, so the training has diverged: is a learning rate of 1e\+30 too high/,
          )
          expect(await train(0.01, 3)).to.deep.equal([])
        })
      })
    }

    it('does not take a first batch that overflows for a learning rate', async () => {
      const model = new nn.Linear(4, 1)
      const optimizer = new optim.SGD(model.parameters())
      const x = randn([8, 4])
      x.data.fill(1e30)
      const options = { criterion: new nn.MSELoss(), optimizer }
      const warnings = await warningsOf(() => fit(model, [x, randn([8, 1])], options))
      expect(warnings.join()).to.match(
        /its data are finite, and it is the first: are features scaled/,
      )
    })

    it('tells where evaluation data has it, in fit and alone', async () => {
      const of = setting()
      const x = randn([9, 6])
      x.data[6 * 7 + 1] = NaN
      const held: [Tensor, Tensor] = [x, tensor(Array<number>(9).fill(1), { dtype: 'int32' })]
      const where = /row 7, column 1, which is sample 7/
      const inFit = await warningsOf(() =>
        fit(of.model, of.loader, { ...of.options, epochs: 2, validation: held }),
      )
      expect(inFit).to.have.length(1)
      expect(inFit[0])
        .to.match(/batch 1 of the validation of epoch 1 of 2/)
        .and.to.match(where)
      const alone = await warningsOf(() => evaluate(of.model, held, { criterion: of.criterion }))
      expect(alone.join())
        .to.match(/^evaluate: the loss of batch 1 of the batches/)
        .and.to.match(where)
    })

    it('refuses an optimizer that holds none of the parameters, with nothing changed', async () => {
      const of = setting()
      const other = setting()
      const before = weights(of)
      const options = { ...of.options, optimizer: other.optimizer }
      const error = await rejection(fit(of.model, of.loader, options))
      expect(error).to.be.instanceOf(ValueError)
      expect(String(error)).to.match(/optimizer to be one of parameters of the model.*this model/)
      expect(() => fitSync(of.model, of.loader, options)).to.throw(ValueError)
      expect(weights(of)).to.deep.equal(before)
      const head = new optim.SGD(of.model.at(4)!.parameters())
      await fit(of.model, of.loader, { ...of.options, optimizer: head })
    })

    it('takes the threshold of metrics from the criterion', async () => {
      const scores = tensor([[-2], [-0.2], [0.2], [0.4], [3], [0.3]])
      const y = tensor([[0], [0], [1], [1], [1], [0]])
      const model = new nn.Identity()
      const all = (): metrics.Metric<unknown>[] => [
        new metrics.Accuracy(),
        new metrics.Precision({ average: 'binary' }),
        new metrics.Recall({ average: 'binary' }),
        new metrics.F1({ average: 'micro', name: 'f' }),
        new metrics.Accuracy({ threshold: 0.35, name: 'given' }),
      ]
      const right = 5 / 6
      const criterion = new nn.BCEWithLogitsLoss()
      const logits = await evaluate(model, [scores, y], { criterion, metrics: all() })
      expect(logits).to.deep.include({ accuracy: right, precision: 3 / 4, recall: 1, f: right })
      expect(logits['given']).to.equal(right)
      const named = await evaluate(model, [scores, y], { criterion, metrics: ['accuracy'] })
      expect(named['accuracy']).to.equal(right)
      const matrix = new metrics.ConfusionMatrix()
      await evaluate(model, [scores, y], { criterion, metrics: [matrix] })
      expect(matrix.compute()).to.deep.equal([
        [2, 1],
        [0, 3],
      ])
      const mean = new nn.MSELoss()
      const others = await evaluate(model, [scores, y], { criterion: mean, metrics: all() })
      expect(others['accuracy']).to.equal(4 / 6)
      // In training and in its validation, captured or not.
      const layer = new nn.Linear(1, 1)
      layer.weight.data.fill(1)
      layer.bias!.data.fill(0)
      for (const capture of [true, false]) {
        const optimizer = new optim.SGD(layer.parameters(), { lr: 0 })
        const options = { criterion, optimizer, capture, validation: [scores, y] as const }
        const { last } = await fit(layer, [scores, y], { ...options, metrics: ['accuracy'] })
        expect([last['accuracy'], last['valAccuracy']]).to.deep.equal([right, right])
      }
    })

    it('is told of by sanityCheck', () => {
      const x = features()
      const criterion = new nn.CrossEntropyLoss()
      const check = (
        model: nn.Module,
        of: object = {},
      ): { ok: boolean; causes: readonly string[]; text: string } => {
        const report = sanityCheckSync(model, [x, labels], { criterion, steps: 1, ...of })
        return { ok: report.ok, causes: report.causes, text: String(report) }
      }
      expect(check(ending().model).causes).to.deep.equal([])
      const squashed = check(ending(new nn.Softmax(1)).model)
      expect(squashed.text).to.match(
        /FAIL Sequential\.1 Softmax\(.*\) comes before CrossEntropyLoss/,
      )
      const { optimizer } = ending()
      expect(check(ending().model, { optimizer }).text).to.match(/FAIL the optimizer holds none/)
      x.data[4 * 5 + 1] = NaN
      const odd = check(ending().model)
      expect([odd.ok, odd.causes]).to.deep.equal([
        false,
        ['the features have NaN in row 5, column 1'],
      ])
    })
  })
})
