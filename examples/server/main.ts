// node --import tsx examples/server/main.ts [--port 8080] [--checkpoint out/server.ckpt]
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { appOf } from './app.js'
import { TrainingService } from './training-service.js'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    checkpoint: { type: 'string', default: 'out/server.ckpt' },
  },
})
const checkpoint = path.resolve(values.checkpoint)
await mkdir(path.dirname(checkpoint), { recursive: true })
const service = new TrainingService(checkpoint)
const server = appOf(service).listen(Number(values.port), () => {
  console.log(`http://localhost:${values.port}/`)
})
process.once('SIGINT', () => {
  server.close()
  server.closeAllConnections()
  void service.stop()
})
