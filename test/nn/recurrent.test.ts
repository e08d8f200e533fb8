import { expect } from 'chai'

import {
  capture,
  fitSync,
  Generator,
  manualSeed,
  nn,
  noGrad,
  optim,
  randn,
  summary,
  type Tensor,
  tensor,
  zeros,
} from '../../ts/index.js'
import { gradcheck } from '../../ts/gradient/index.js'
import { eachBackend } from '../support/each-backend.js'

const numbers = (of: Tensor | null | undefined): number[] => [...of!.data]
const lengths = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' })
const draws = (seed = 1): { generator: Generator } => ({ generator: new Generator(seed) })
const kinds = ['RNN', 'LSTM', 'GRU'] as const

/** Of what a loss is made: all results, with a factor each. */
function total(results: Readonly<Record<string, Tensor>>): Tensor {
  return Object.values(results)
    .map((one, i) => one.mul(i + 1).sum())
    .reduce((sum, one) => sum.add(one))
}

describe('recurrent layers', () => {
  eachBackend(() => {
    for (const kind of kinds) {
      it(`${kind} has the derivatives of what it computes`, () => {
        const options = {
          numLayers: 2,
          bidirectional: true,
          batchFirst: true,
          dtype: 'float64',
        } as const
        const rnn = new nn[kind](2, 3, { ...options, ...draws() })
        const leaf = (shape: number[]): Tensor =>
          randn(shape, { dtype: 'float64', ...draws(2) }).requiresGrad_()
        const [x, h0] = [leaf([3, 4, 2]), leaf([4, 3, 3])]
        const each = lengths(4, 1, 3)
        const weights = rnn.parameters().filter((_, i) => i % 3 === 0)
        gradcheck(
          (input: Tensor, state: Tensor) => total(rnn.forward(input, { h0: state, lengths: each })),
          [x, h0, ...weights],
        )
      })

      it(`${kind} computes the same in a captured step, with dropout between its layers`, () => {
        const make = (): [InstanceType<(typeof nn)[typeof kind]>, Tensor, optim.Adam] => {
          const rnn = new nn[kind](3, 4, { numLayers: 3, dropout: 0.5, ...draws() })
          const x = randn([4, 5, 3], draws(2))
          return [rnn, x, new optim.Adam(rnn.parameters())]
        }
        const stepOf =
          ([rnn, , optimizer]: ReturnType<typeof make>) =>
          (x: Tensor, each: Tensor) => {
            optimizer.zeroGrad()
            const loss = total(rnn.forward(x, { lengths: each }))
            loss.backward()
            optimizer.step()
            return loss
          }
        const [eager, captured] = [make(), make()]
        const each = lengths(4, 2, 1, 3, 4)
        const step = capture(
          (inputs: { x: Tensor; each: Tensor }) => stepOf(captured)(inputs.x, inputs.each),
          { inputs: { x: captured[1], each } },
        )
        for (let i = 0; i < 3; i++) {
          const loss = stepOf(eager)(eager[1], each)
          expect(step.runSync({ x: captured[1], each }).item()).equal(loss.item())
        }
        for (const [i, parameter] of eager[0].parameters().entries()) {
          expect(numbers(captured[0].parameters()[i])).deep.equal(numbers(parameter))
        }
      })

      it(`${kind} gives rows with a length what they give alone, whatever stands behind`, () => {
        const rnn = new nn[kind](2, 3, {
          bidirectional: true,
          batchFirst: true,
          numLayers: 2,
          ...draws(),
        })
        const x = randn([2, 4, 2], draws(2))
        x.data.fill(NaN, 4, 8) // steps 2 and 3 of row 0
        x.requiresGrad_()
        const { output, hN } = rnn.forward(x, { lengths: lengths(2, 4) })
        total({ output, hN }).backward()
        const alone = x.detach().narrow(0, 0, 1).narrow(1, 0, 2).requiresGrad_()
        const own = rnn.forward(alone)
        total({ output: own.output, hN: own.hN }).backward()
        expect(numbers(output.narrow(0, 0, 1).narrow(1, 0, 2))).deep.equal(numbers(own.output))
        expect(numbers(output).slice(12, 24)).deep.equal(Array(12).fill(0))
        expect(numbers(hN.narrow(1, 0, 1))).deep.equal(numbers(own.hN))
        expect(numbers(x.grad).slice(0, 4)).deep.equal(numbers(alone.grad))
        expect(numbers(x.grad).slice(4, 8)).deep.equal([0, 0, 0, 0])
      })

      it(`${kind} goes on from its last state`, () => {
        const rnn = new nn[kind](2, 3, { dtype: 'float64', numLayers: 2, ...draws() })
        const x = randn([6, 2, 2], { dtype: 'float64', ...draws(2) })
        const whole = noGrad(() => rnn.forward(x).output)
        let state: Record<string, Tensor> = {}
        for (let t = 0; t < 6; t++) {
          const { output, hN, ...more } = noGrad(() => rnn.forward(x.narrow(0, t, 1), state))
          state = { h0: hN, ...('cN' in more ? { c0: more.cN } : {}) }
          for (const [i, value] of numbers(output).entries()) {
            expect(value).closeTo(whole.data[t * 6 + i]!, 1e-14)
          }
        }
      })

      it(`${kind} takes a batch of nothing`, () => {
        const rnn = new nn[kind](2, 3, { bidirectional: true })
        const x = zeros([4, 0, 2]).requiresGrad_()
        const { output, hN } = rnn.forward(x)
        expect([output.shape, hN.shape]).deep.equal([
          [4, 0, 6],
          [2, 0, 3],
        ])
        total({ output, hN }).backward()
        expect(numbers(rnn.weight_hh_l0.grad)).deep.equal(Array(rnn.weight_hh_l0.length).fill(0))
      })
    }

    it('add up the gradients of several calls, and leave frozen parameters alone', () => {
      const gru = new nn.GRU(2, 3, draws())
      const x = randn([4, 2, 2], draws(2))
      gru.forward(x).output.sum().backward()
      const once = numbers(gru.weight_ih_l0.grad)
      gru.zeroGrad()
      gru.bias_hh_l0!.requiresGrad = false
      const outputs = [gru.forward(x), gru.forward(x)]
      for (const { output } of outputs) output.sum().backward()
      expect(numbers(gru.weight_ih_l0.grad)).deep.equal(once.map((value) => 2 * value))
      expect(gru.bias_hh_l0!.grad).equal(null)
    })

    it('drop nothing in evaluation and with a probability of 0', () => {
      const lstm = new nn.LSTM(2, 3, { numLayers: 2, dropout: 0.75, ...draws() })
      const x = randn([4, 2, 2], draws(2))
      const plain = new nn.LSTM(2, 3, { numLayers: 2 })
      plain.loadStateDict(lstm.stateDict())
      const expected = numbers(plain.forward(x).output)
      expect(numbers(lstm.forward(x).output)).not.deep.equal(expected)
      expect(numbers(lstm.eval().forward(x).output)).deep.equal(expected)
    })

    for (const numLayers of [1, 2]) {
      for (const bidirectional of [false, true]) {
        const title = `${numLayers} layers${bidirectional ? ' in both directions' : ''}`
        it(`stand in a Sequential: every step and the last one, of ${title}`, () => {
          const lstm = new nn.LSTM(2, 3, { numLayers, bidirectional, batchFirst: true, ...draws() })
          const x = randn([2, 4, 2], draws(2)).requiresGrad_()
          const { output, hN } = lstm.forward(x)
          const every = new nn.Sequential(new nn.EveryStep(lstm), new nn.Identity())
          expect(numbers(every.forward(x))).deep.equal(numbers(output))
          const last = new nn.Sequential(new nn.LastStep(lstm))
          const ways = bidirectional ? 2 : 1
          const own = hN
            .narrow(0, (numLayers - 1) * ways, ways)
            .permute([1, 0, 2])
            .reshape([2, -1])
          const both = [own, last.forward(x)]
          expect(numbers(both[1])).deep.equal(numbers(own))
          const gradients = both.map((one) => {
            x.grad = null
            lstm.zeroGrad()
            one
              .mul(tensor([[1], [2]]))
              .sum()
              .backward()
            return [x.grad, ...lstm.parameters().map(({ grad }) => grad)].map((grad) =>
              numbers(grad),
            )
          })
          expect(gradients[1]).deep.equal(gradients[0])
        })
      }
    }

    it('learn in fit which of two sequences comes first', () => {
      const model = new nn.Sequential(
        new nn.LastStep(new nn.GRU(1, 8, { batchFirst: true, ...draws() })),
        new nn.Linear(8, 2, draws(2)),
      )
      const rows = Array.from({ length: 64 }, (_, i) => Number(i % 2 === 0))
      const x = tensor(rows.map((first) => [[first], [1 - first], [0]]))
      const y = tensor(rows, { dtype: 'int32' })
      manualSeed(1)
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 })
      const criterion = new nn.CrossEntropyLoss()
      const history = fitSync(model, [x, y], {
        criterion,
        optimizer,
        epochs: 10,
        batchSize: 16,
      })
      expect(history.last['loss']!).lessThan(0.1)
    })
  })

  it('have initial parameters in ±1 / sqrt(hiddenSize), and reports of them', () => {
    const lstm = new nn.LSTM(3, 16, { numLayers: 2, ...draws() })
    const all = lstm.parameters().flatMap((parameter) => numbers(parameter))
    expect(Math.max(...all)).within(0.24, 0.25)
    expect(Math.min(...all)).within(-0.25, -0.24)
    expect(lstm.toString()).equal('LSTM(3, 16, numLayers=2)')
    expect(
      new nn.RNN(1, 2, { nonlinearity: 'relu', bias: false, batchFirst: true }).toString(),
    ).equal('RNN(1, 2, bias=false, batchFirst=true, nonlinearity=relu)')
    const model = new nn.Sequential(new nn.EveryStep(lstm), new nn.Linear(16, 1))
    const { multiplyAdds, parameters } = summary(model, [5, 2, 3])
    expect(multiplyAdds).equal(10 * (4 * 16 * (3 + 16 + 16 + 16) + 16))
    expect(parameters).equal(4 * 16 * (3 + 16 + 2 + 16 + 16 + 2) + 17)
  })

  describe('refuse', () => {
    const gru = new nn.GRU(2, 3)
    const lstm = new nn.LSTM(2, 3, { batchFirst: true, bidirectional: true })
    const x = zeros([4, 2, 2])
    const call = (rnn: object, input: Tensor, state?: object) => (): unknown =>
      (rnn as { forward(x: Tensor, state?: object): unknown }).forward(input, state)
    const cases: readonly [string, () => unknown, string, string][] = [
      ['no steps', call(gru, zeros([0, 2, 2])), 'ERR_SHAPE', 'expected input to be shape (T, N, 2) with at least one step, got shape (0, 2, 2)'],
      ['another width', call(gru, zeros([4, 2, 3])), 'ERR_SHAPE', 'GRU(2, 3): expected input to be shape (T, N, 2) or (T, 2), got shape (4, 2, 3)'],
      ['another dtype', call(gru, zeros([4, 2, 2], { dtype: 'float64' })), 'ERR_DTYPE', 'float32 as the weights are'],
      ['a state of another shape', call(gru, x, { h0: zeros([1, 3, 3]) }), 'ERR_SHAPE', 'expected h0 to be shape (1, 2, 3), got shape (1, 3, 3)'],
      ['a cell state of another shape', call(lstm, x, { c0: zeros([1, 4, 3]) }), 'ERR_SHAPE', 'expected c0 to be shape (2, 4, 3)'],
      ['a cell state of no LSTM', call(gru, x, { c0: zeros([1, 2, 3]) }), 'ERR_VALUE', 'unknown option c0'],
      ['a state that is no tensor', call(gru, x, { h0: [1] }), 'ERR_VALUE', 'expected h0 to be a Tensor'],
      ['lengths of another number', call(gru, x, { lengths: lengths(1, 2, 3) }), 'ERR_SHAPE', 'expected lengths to be shape (2), got shape (3)'],
      ['lengths of another dtype', call(gru, x, { lengths: tensor([1, 2]) }), 'ERR_DTYPE', 'expected lengths to be int32'],
      ['a length of 0', call(gru, x, { lengths: lengths(1, 0) }), 'ERR_VALUE', 'length 0 of row 1 is outside [1, 4]'],
      ['a length beyond T', call(gru, x, { lengths: lengths(5, 1) }), 'ERR_VALUE', 'length 5 of row 0 is outside [1, 4]'],
      ['a projection that is none', () => new nn.LSTM(2, 3, { projSize: 3 }), 'ERR_VALUE', 'expected projSize to be below hiddenSize, 3'],
      ['a projection of a GRU', () => new nn.GRU(2, 3, { projSize: 2 } as object), 'ERR_VALUE', 'unknown option projSize'],
      ['a size of 0', () => new nn.RNN(2, 0), 'ERR_VALUE', 'expected hiddenSize to be a whole number of at least 1'],
      ['a cell with a wrong state', call(new nn.LSTMCell(2, 3), zeros([2, 2]), { h: zeros([3, 3]) }), 'ERR_SHAPE', 'expected h to be shape (2, 3), got shape (3, 3)'],
      ['what is no recurrent layer', () => new nn.LastStep(new nn.Linear(1, 1) as never), 'ERR_VALUE', 'an nn.RNN, nn.LSTM or nn.GRU'],
    ] // prettier-ignore
    for (const [what, run, code, message] of cases) {
      it(what, () => {
        expect(run).throws(message).with.property('code', code)
      })
    }

    it('names the place in a model', () => {
      const model = new nn.Sequential(new nn.EveryStep(gru))
      expect(() => model.forward(zeros([4, 2, 3]))).throws(
        'Sequential.0.rnn GRU(2, 3): expected input',
      )
    })
  })
})
