// Run where only the packed tarball is installed: learns XOR with what `import` gives.
import { strict as assert } from 'node:assert'

import { info, manualSeed, nn, optim, tensor } from 'gradlane'

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
