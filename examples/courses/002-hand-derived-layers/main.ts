// Layers whose derivatives were worked out by hand, held against central differences; average pooling
// made of a convolution; a coupling and its inverse.
// Run: npx tsx examples/courses/002-hand-derived-layers/main.ts
import { parseArgs } from 'node:util'
import { manualSeed, nn, randn, type Shape, sub, type Tensor } from '../../../ts/index.js'
import { chooseBackend, wholeNumber } from '../../support/arguments.js'
import { ConvAvgPool2d } from './conv-avg-pool2d.js'
import { derivativeErrors } from './derivatives.js'

const { values: given } = parseArgs({
  options: { backend: { type: 'string' }, seed: { type: 'string', default: '42' } },
})
chooseBackend(given.backend)
manualSeed(wholeNumber('seed', given.seed, 0))

const float64 = { dtype: 'float64' } as const
const coupling = (): nn.AdditiveCoupling =>
  new nn.AdditiveCoupling(new nn.Sequential(new nn.ReLU(), new nn.Conv2d(3, 3, 1)))
const largest = (x: Tensor): number => Math.max(...Array.from(x.data, Math.abs))

/** Prints a line; the program fails where the number is not small enough. */
function tell(line: string, error: number, bound: number): void {
  const holds = error <= bound
  if (!holds) process.exitCode = 1
  console.log(`${line} ${error.toExponential(1)}${holds ? '' : `, more than ${bound}`}`)
}

console.log('derivatives against central differences, largest error:')
const layers: [nn.Module, Shape][] = [
  [new nn.Quadratic(5, 3), [4, 5]],
  [new nn.Quadratic(4, 4, { b: 1.5 }), [6, 4]],
  [new nn.Swish(1), [4, 5]],
  [new nn.Swish(2.5), [4, 5]],
  [coupling(), [2, 6, 3, 3]],
  [new nn.Residual(new nn.Quadratic(4, 4)), [3, 4]],
  [new nn.Split([new nn.Quadratic(2, 3), new nn.Swish(0.5)]), [3, 4]],
]
for (const [layer, shape] of layers) {
  layer.to('float64')
  const x = randn(shape, float64)
  const gradOutput = randn(layer.forward(x).shape, float64)
  for (const [variable, error] of derivativeErrors(layer, x, gradOutput)) {
    tell(`  ${layer.describe()} by ${variable}:`, error, 1e-7)
  }
}

const pool = new ConvAvgPool2d(3, 2)
const images = randn([4, 3, 8, 10])
const difference = sub(pool.forward(images), new nn.AvgPool2d(2).forward(images))
console.log(`\n${pool.describe()} reports ${pool.parameters().length} parameters`)
tell('  largest difference from AvgPool2d(2):', largest(difference), 1e-6)

const layer = coupling()
const x = randn([4, 6, 5, 5])
const back = layer.inverse(layer.forward(x))
console.log(`\n${layer.describe()} and its inverse, float32`)
tell('  largest difference from the input:', largest(sub(back, x)), 1e-6)
