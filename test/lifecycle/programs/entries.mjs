// What the entries of the package give, by its name and so through the exports of package.json.
import { createRequire } from 'node:module'

import { namesOf } from './names.mjs'

const require = createRequire(import.meta.url)
const imported = await import('gradlane')
const common = require('../../../dist/index.cjs')
const relu = new common.nn.ReLU().forward(common.tensor([-1, 2]))
console.log(
  JSON.stringify({
    oneInstance: require('gradlane').Tensor === imported.Tensor,
    version: imported.info().version,
    names: namesOf(imported),
    commonNames: namesOf(common),
    commonRelu: relu.toArray(),
  }),
)
