// The convolutional network of PyTorch's MNIST example (github.com/pytorch/examples/tree/main/mnist),
// with Adam instead of Adadelta. Run: npx tsx examples/mnist-cnn.ts
import { nn } from '../ts/index.js'
import { imageOptions } from './support/arguments.js'
import { digits, mnistFolder, readImages } from './support/images.js'
import { announce, learn } from './support/training.js'

const options = imageOptions()
announce()
const train = await readImages(mnistFolder(), 'train', options.samples)
const test = await readImages(mnistFolder(), 't10k', options.testSamples)

const model = new nn.Sequential(
  new nn.Conv2d(1, 32, 3),
  new nn.ReLU(),
  new nn.Conv2d(32, 64, 3),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Dropout(0.25),
  new nn.Flatten(),
  new nn.Linear(64 * 12 * 12, 128),
  new nn.ReLU(),
  new nn.Dropout(0.5),
  new nn.Linear(128, 10),
)
const report = learn(model, train, test, digits, options)
console.log(`\n${report.matrix()}`)

if (options.full && report.accuracy < 0.985) {
  console.error('the test accuracy is below 98.5 %')
  process.exitCode = 1
}
