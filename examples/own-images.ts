// Images of your own in folders named after their classes, many of one and few of another: learned, saved,
// and asked what one more image shows. npx tsx examples/own-images.ts FOLDER MODEL.safetensors [IMAGE]
import { argmax, data, evaluate, fit, io, manualSeed, metrics, nn, optim } from '../ts/index.js'

manualSeed(1)
const size = 24
const [root, file, image] = process.argv.slice(2)
if (root === undefined || file === undefined) {
  console.error('Run: npx tsx examples/own-images.ts FOLDER MODEL.safetensors [IMAGE]')
  process.exit(2)
}
const folder = await data.ImageFolder.open(root, { size })
const { classes } = folder
const images = await folder.load()
const labels = [...folder.targets.data]

// A quarter of each class is to test on. Of the others those of a rare class are drawn more often.
const folds = new data.StratifiedKFold({ nSplits: 4, shuffle: true })
const { train, test } = [...folds.split(labels.length, labels)][0]!
const sampler = data.WeightedRandomSampler.balanced(Array.from(train, (i) => labels[i]!))
const loader = new data.DataLoader(new data.Subset(images, [...train]), { batchSize: 16, sampler })
const testLoader = new data.DataLoader(new data.Subset(images, [...test]), { batchSize: 64 })

const model = new nn.Sequential(
  new nn.RandomCrop(size, { padding: 2 }),
  new nn.RandomHorizontalFlip(),
  new nn.Normalize([0.5, 0.5, 0.5], [0.25, 0.25, 0.25]),
  new nn.Conv2d(3, 8, 3, { padding: 1 }),
  new nn.BatchNorm2d(8),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(8, 16, 3, { padding: 1 }),
  new nn.BatchNorm2d(16),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(16 * 6 * 6, classes.length),
)
const criterion = new nn.CrossEntropyLoss()
const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-3 })
await fit(model, loader, { criterion, optimizer, epochs: 20, progress: true })

const recall = new metrics.Recall({ numClasses: classes.length, average: null })
await evaluate(model, testLoader, { criterion, metrics: [recall] })
for (const [i, share] of [recall.compute()].flat().entries())
  console.log(`${classes[i]}: ${(100 * share).toFixed(1)} % of its test images are recognised`)
await io.saveModel(model, file, { extra: { images: { json: { size, classes: [...classes] } } } })

/** What an image shows, by the file alone. */
async function classOf(source: string): Promise<string> {
  const saved = await io.readModel(file!)
  const { size, classes } = saved.extra['images']!.json as { size: number; classes: string[] }
  const pixels = await data.readImage(source, { size })
  const scores = saved.model.eval().forward(pixels.reshape([1, ...pixels.shape]))
  return classes[argmax(scores, 1).item()]!
}
if (image !== undefined) console.log(`${image}: ${await classOf(image)}`)
