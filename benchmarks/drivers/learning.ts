// The example service over a model 8-32-64-1, in a process of its own: prints its port, ends with its parent.
import type { AddressInfo } from 'node:net'

import { serviceOf } from '../../examples/learning/service.js'
import { fittedPipeline } from '../online-rows.js'

const server = serviceOf(await fittedPipeline(), () => undefined).listen(0, '127.0.0.1', () => {
  console.log((server.address() as AddressInfo).port)
})
process.stdin.resume().once('end', () => process.exit())
