// The cells of the document that print "Test PASSED": gradients against central differences.
import {
  abs,
  arange,
  inputGradient,
  jacobian,
  matmul,
  mul,
  nn,
  numericalJacobian,
  numericalParameterJacobians,
  parameterJacobians,
  rand,
  randn,
  sub,
  sum,
  tensor,
  type Tensor,
} from '../../../ts/index.js'
import { conv2d, dense, transposed } from './layers.js'

export interface Check {
  readonly title: string
  /** Sum of the absolute differences; the document asks for less than 0.01. */
  readonly error: () => number
}

const f64 = { dtype: 'float64' } as const
const EPS = 1e-5

const points = tensor([[0.3, 0.2, 0.5], [0.3, 0.2, 0.5]], f64) // prettier-ignore
const labels = tensor([[1, 2, 3], [2, 3, 4]], f64) // prettier-ignore
/** One loss a sample, as the document has it. */
const loss = new nn.ProbabilityCrossEntropyLoss({ reduction: 'none' })

/** 3-10-3, as `test_net` has it. */
const network = (inputs: number, hidden: number): nn.Sequential =>
  new nn.Sequential(
    dense(inputs, hidden, f64),
    new nn.ReLU(),
    dense(hidden, 3, f64),
    new nn.Softmax(1),
  )

function distance(a: Tensor, b: Tensor): number {
  return sum(abs(sub(a, b))).item()
}

/** d f_n / d x_nj of rows that do not depend on each other, all rows at once. */
function byColumn(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  const [rows, cols] = x.shape as [number, number]
  const result = x.clone()
  for (let j = 0; j < cols; j++) {
    const [above, below] = [EPS, -EPS].map((step) => {
      const moved = x.clone()
      for (let n = 0; n < rows; n++) moved.data[n * cols + j]! += step
      return f(moved)
    }) as [Tensor, Tensor]
    for (let n = 0; n < rows; n++) {
      result.data[n * cols + j] = (above.data[n]! - below.data[n]!) / (2 * EPS)
    }
  }
  return result
}

function layerError(layer: nn.Module, x: Tensor): number {
  return distance(jacobian(layer, x), numericalJacobian(layer, x, { eps: EPS }))
}

function parameterError(layer: nn.Module, x: Tensor, name: string): number {
  const numerical = numericalParameterJacobians(layer, x, { eps: EPS })
  return distance(parameterJacobians(layer, x)[name]!, numerical[name]!)
}

const rows = (): Tensor => tensor([[1, 2, 3], [2, -3, 4]], f64) // prettier-ignore
const images = (): Tensor => arange(5 * 5 * 5 * 5, f64).reshape([5, 5, 5, 5])
const strided = (): nn.Conv2d =>
  conv2d(3, 5, 5, { stride: 2, kernel: rand([3, 3, 5, 5], f64), bias: rand([5], f64), ...f64 })

/** Gradient of each sample's loss by the first weight: the criterion's gradient times a Jacobian. */
function gradientByWeight(model: nn.Module, x: Tensor): Tensor[] {
  const outer = loss.backward(model.forward(x), labels)
  const inner = parameterJacobians(model, x)['0.weight']!
  return [0, 1].map((n) => matmul(outer.narrow(0, n, 1), inner.select(0, n)))
}

function weightError(): number {
  const model = network(768, 20)
  const x = rand([2, 768], f64)
  const actual = gradientByWeight(model, x)
  const { weight } = model.at(0) as nn.Linear
  let error = 0
  for (let i = 0; i < weight.length; i++) {
    const before = weight.data[i]!
    weight.data[i] = before + EPS
    const above = loss.forward(model.forward(x), labels)
    weight.data[i] = before - EPS
    const below = loss.forward(model.forward(x), labels)
    weight.data[i] = before
    for (const n of [0, 1]) {
      error += Math.abs((above.data[n]! - below.data[n]!) / (2 * EPS) - actual[n]!.data[i]!)
    }
  }
  return error
}

/** <conv(x), y> - <x, convᵀ(y)>, which a pair of adjoints makes 0. */
function adjointError(): number {
  const conv = conv2d(3, 2, 4, { padding: 'valid', stride: 2, ...f64 })
  const x = randn([3, 2, 9, 7], f64)
  const forward = conv.forward(x)
  const y = randn(forward.shape, f64)
  const back = transposed(conv, { stride: 2 }).forward(y)
  return Math.abs(sum(mul(forward, y)).item() - sum(mul(x, back)).item())
}

export const checks: readonly Check[] = [
  {
    title: 'test_loss',
    error: () =>
      distance(
        loss.backward(points, labels),
        byColumn(points, (x) => loss.forward(x, labels)),
      ),
  },
  { title: 'test_layer(Softmax)', error: () => layerError(new nn.Softmax(1), rows()) },
  { title: 'test_layer(ReLU)', error: () => layerError(new nn.ReLU(), rows()) },
  { title: 'test_layer(Dense)', error: () => layerError(dense(3, 4, f64), rows()) },
  {
    title: 'test_conv',
    error: () => layerError(conv2d(3, 5, 5, { stride: 2, ...f64 }), images()),
  },
  {
    title: 'test_net',
    error: () => {
      const model = network(3, 10)
      return distance(
        inputGradient(model, loss, points, labels),
        byColumn(points, (x) => loss.forward(model.forward(x), labels)),
      )
    },
  },
  {
    title: 'test_grad_b',
    error: () => parameterError(dense(3, 4, f64), rand([2, 3], f64), 'bias'),
  },
  {
    title: 'test_grad_W',
    error: () => parameterError(dense(3, 4, f64), rand([2, 3], f64), 'weight'),
  },
  { title: 'test_grad_kernel', error: () => parameterError(strided(), images(), 'weight') },
  { title: 'test_grad_param', error: weightError },
  { title: 'the transposed convolution is the adjoint', error: adjointError },
]
