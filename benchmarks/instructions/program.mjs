// Runs one operation so many times: node program.mjs <operation> <times>. With `list` it names all.
import { capture, matmul, nn, ones, optim, randn, tensor } from '../../dist/index.js'

const large = 2 ** 16

function trainingStep() {
  const model = new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10))
  const criterion = new nn.CrossEntropyLoss()
  const optimizer = new optim.Adam(model.parameters())
  const x = randn([32, 784])
  const labels = Array.from({ length: 32 }, (_, i) => i % 10)
  const y = tensor(labels, { dtype: 'int32' })
  const step = capture(
    ({ x, y }) => {
      optimizer.zeroGrad()
      const prediction = model.forward(x)
      const loss = criterion.forward(prediction, y)
      model.backwardParameters(x, criterion.backward(prediction, y))
      optimizer.step()
      return loss
    },
    { inputs: { x, y } },
  )
  return () => step.runSync({ x, y })
}

function forward(layer, shape) {
  const x = randn(shape)
  return () => layer.forward(x)
}

function product(dtype) {
  const [a, b] = [ones([128, 128], { dtype }), ones([128, 128], { dtype })]
  return () => matmul(a, b)
}

// What one call is counted by: multiply-adds, elements, or the step itself.
const operations = {
  'matmul 128 x 128 x 128, float32': [() => product('float32'), 128 ** 3, 'multiply-add'],
  'matmul 128 x 128 x 128, float64': [() => product('float64'), 128 ** 3, 'multiply-add'],
  'Conv2d 3x3 32->32, 16x16, batch 4': [
    () => forward(new nn.Conv2d(32, 32, 3, { padding: 1 }), [4, 32, 16, 16]),
    4 * 16 * 16 * 32 * 32 * 9,
    'multiply-add',
  ],
  'Tanh, 65,536': [() => forward(new nn.Tanh(), [large]), large, 'element'],
  'Softmax, 64 x 1,024': [() => forward(new nn.Softmax(), [64, 1024]), large, 'element'],
  'LayerNorm, 64 x 1,024': [() => forward(new nn.LayerNorm([1024]), [64, 1024]), large, 'element'],
  'step of 784-128-10, batch 32, Adam, captured': [trainingStep, 1, 'step'],
}

const [name, times] = process.argv.slice(2)
if (name === 'list') {
  console.log(
    JSON.stringify(
      Object.entries(operations).map(([name, [, size, per]]) => ({ name, size, per })),
    ),
  )
} else {
  const call = operations[name][0]()
  for (let i = 0; i < Number(times); i++) call()
}
