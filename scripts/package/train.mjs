// Run where only the packed tarball is installed: learns XOR with what `import` gives, and writes a
// report, which needs files of the package beside its code.
import { strict as assert } from 'node:assert'
import { readFileSync, rmSync } from 'node:fs'

import { data, fit, info, manualSeed, nn, optim, tensor } from 'gradlane'

manualSeed(1)
const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
])
const y = tensor([[0], [1], [1], [0]])
const model = new nn.Sequential(
  new nn.Linear(2, 8),
  new nn.Tanh(),
  new nn.Linear(8, 1),
  new nn.Sigmoid(),
)
const criterion = new nn.MSELoss()
const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 })
for (let step = 0; step < 500; step++) {
  optimizer.zeroGrad()
  const prediction = model.forward(x)
  criterion.forward(prediction, y)
  model.backward(x, criterion.backward(prediction, y))
  optimizer.step()
}
const learned = Array.from(model.forward(x).data, Math.round)
assert.deepEqual(learned, [0, 1, 1, 0])
const { backend, isa, node, platform } = info()
assert.equal(backend, 'native')
console.log(`import: XOR learned on ${backend}, ${isa}, Node ${node}, ${platform}`)

const loader = new data.DataLoader([x, y], { batchSize: 4 })
const history = await fit(model, loader, { criterion, optimizer, epochs: 2 })
await history.report('report.html', { title: 'XOR' })
const page = readFileSync('report.html', 'utf8')
rmSync('report.html')
assert.match(page, /<title>XOR<\/title>/)
assert.match(page, /uPlot/)
assert.doesNotMatch(page, /(src|href)="(?!data:)/)
console.log(`report: ${page.length} characters, ${history.mode}`)
