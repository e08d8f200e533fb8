import { complaint, ShapeError, ValueError } from '../errors.js'
import { Concat } from '../nn/concat.js'
import { ReLU } from '../nn/activation.js'
import { LastStep } from '../nn/every-step.js'
import { Flatten } from '../nn/flatten.js'
import { GRU } from '../nn/gru.js'
import { Identity } from '../nn/identity.js'
import { Linear } from '../nn/linear.js'
import { Module } from '../nn/module.js'
import type { Parameter } from '../nn/parameter.js'
import { PositionalEncoding } from '../nn/positional-encoding.js'
import { Sequential } from '../nn/sequential.js'
import { TransformerEncoderLayer } from '../nn/transformer-encoder-layer.js'
import { zeros } from '../tensor/create.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'
import type { NETWORKS, NetworkFactory } from './options.js'

const HIDDEN = 64

/** Features of a step, and heads, of attention. */
const [WIDTH, HEADS] = [32, 4]

const byName: Readonly<Record<(typeof NETWORKS)[number], NetworkFactory>> = {
  linear: (past, features, horizon) =>
    new Sequential(new Flatten(), new Linear(past * features, horizon)),
  mlp: (past, features, horizon) => {
    const inputs = past * features
    const hidden = new Sequential(new Linear(inputs, HIDDEN), new ReLU())
    const both = new Concat([new Identity(), hidden])
    return new Sequential(new Flatten(), both, new Linear(inputs + HIDDEN, horizon))
  },
  gru: (_past, features, horizon) => {
    const rnn = new GRU(features, HIDDEN, { batchFirst: true })
    return new Sequential(new LastStep(rnn), new Linear(HIDDEN, horizon))
  },
  attention: (past, features, horizon) => {
    const settings = { dimFeedforward: 2 * WIDTH, dropout: 0, batchFirst: true }
    return new Sequential(
      new Linear(features, WIDTH),
      new PositionalEncoding(WIDTH, { maxLength: past, batchFirst: true }),
      new TransformerEncoderLayer(WIDTH, HEADS, settings),
      new Flatten(),
      new Linear(past * WIDTH, horizon),
    )
  },
}

/** Two that learn nothing from one another. @throws as `networkOf`; ValueError where they share parameters. */
export function twoNetworksOf(...given: Parameters<typeof networkOf>): [Module, Module] {
  const [first, second] = [networkOf(...given), networkOf(...given)]
  const trained = (network: Module): Parameter[] => {
    return network.parameters().filter(({ requiresGrad }) => requiresGrad)
  }
  const parameters = new Set(trained(first))
  if (!trained(second).some((parameter) => parameters.has(parameter))) return [first, second]
  const expected = 'a Module with parameters of its own each time it is called'
  throw new ValueError(complaint(given[0], 'what network returns', expected, 'the same ones twice'))
}

/** @throws ValueError when it is no Module, ShapeError for other outputs than (N, horizon). */
function networkOf(
  who: string,
  network: (typeof NETWORKS)[number] | NetworkFactory,
  past: number,
  features: number,
  horizon: number,
): Module {
  const make = typeof network === 'string' ? byName[network] : network
  const made = make(past, features, horizon)
  if (!(made instanceof Module))
    throw new ValueError(complaint(who, 'what network returns', 'a Module', made))
  made.eval()
  checkForecast(who, made, 1, horizon, made.forward(zeros([1, past, features])))
  return made.train()
}

/** @throws ShapeError unless there is an output for each step. */
export function checkForecast(
  who: string,
  network: Module,
  rows: number,
  horizon: number,
  y: Tensor,
): void {
  if (y.ndim === 2 && y.shape[0] === rows && y.shape[1] === horizon) return
  const what = `the output of ${network.constructor.name}`
  const got = `shape ${formatShape(y.shape)}`
  const hint = 'network is called with past, features and horizon'
  throw new ShapeError(complaint(who, what, `shape (${rows}, ${horizon})`, got, hint))
}
