// node --import tsx examples/learning/main.ts [--port 8080] [--file out/deliveries.safetensors]
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { data, Generator } from '../../ts/index.js'
import { delivery } from './deliveries.js'
import { serviceOf } from './service.js'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    file: { type: 'string', default: 'out/deliveries.safetensors' },
  },
})
const file = path.resolve(values.file)
await mkdir(path.dirname(file), { recursive: true })

async function trained(): Promise<data.Pipeline> {
  const generator = new Generator(1)
  const model = new data.Pipeline({ target: 'minutes' })
  const rows = Array.from({ length: 2000 }, () => delivery(generator))
  await model.fit(data.Table.fromRows(rows), { progress: true })
  return model
}

const model = existsSync(file) ? await data.Pipeline.load(file) : await trained()
const server = serviceOf(model, console.error).listen(Number(values.port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${values.port}/`)
})
process.once('SIGINT', () => {
  server.close()
  server.closeIdleConnections()
  void model.save(file) // what it learned is there at the next start
})
