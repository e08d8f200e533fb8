// A small convolutional network with batch normalisation that tells ten kinds of clothes apart.
// Run: npx tsx examples/fashion-cnn.ts FOLDER, the folder with the four files of Fashion-MNIST.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { nn } from '../ts/index.js'
import { imageOptions } from './support/arguments.js'
import { readImages } from './support/images.js'
import { announce, learn } from './support/training.js'

const options = imageOptions()
const [folder = ''] = options.positionals
const missing = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']
  .map((name) => path.join(folder, `${name}-ubyte.gz`))
  .filter((file) => !existsSync(file))
if (folder === '' || missing.length > 0) {
  console.error(`Run: npx tsx examples/fashion-cnn.ts FOLDER
${folder === '' ? 'FOLDER holds the four files of Fashion-MNIST.' : `Missing: ${missing.join(', ')}`}
On Debian and Ubuntu: apt-get install dataset-fashion-mnist, then FOLDER is
/usr/share/datasets/fashion-mnist (dpkg -L dataset-fashion-mnist shows it). Elsewhere: the folder
data/fashion of https://github.com/zalandoresearch/fashion-mnist`)
  process.exit(2)
}
announce()
const train = await readImages(folder, 'train', options.samples, '.gz')
const test = await readImages(folder, 't10k', options.testSamples, '.gz')

const model = new nn.Sequential(
  new nn.Conv2d(1, 32, 3, { padding: 'same' }),
  new nn.BatchNorm2d(32),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(32, 64, 3, { padding: 'same' }),
  new nn.BatchNorm2d(64),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Dropout2d(0.1),
  new nn.Flatten(),
  new nn.Linear(64 * 7 * 7, 128),
  new nn.ReLU(),
  new nn.Linear(128, 10),
)
const clothes = 'T-shirt Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Boot'.split(' ')
const report = learn(model, train, test, clothes, options)
console.log(`\n${report.matrix()}`)

if (options.full && options.epochs >= 2 && report.accuracy < 0.88) {
  console.error('the test accuracy is below 88 %')
  process.exitCode = 1
}
