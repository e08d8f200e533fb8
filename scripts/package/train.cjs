// The same package through `require`, which Node 20.19 and newer allow for ES modules.
'use strict'
const { strict: assert } = require('node:assert')

const { nn, tensor } = require('gradlane')

const layer = new nn.Linear(3, 2)
const output = layer.forward(tensor([[1, 2, 3]]))
assert.deepEqual(output.shape, [1, 2])
assert.ok(Array.from(output.data).every(Number.isFinite))
console.log('require: a layer computes')
