import path from 'node:path'

import { forecastService } from '../serve/forecast-model.js'
import { serverOf } from '../serve/server.js'
import { servedPipeline } from '../serve/pipeline-model.js'
import { rowsService, type Service } from '../serve/service.js'
import { whole } from '../options.js'
import { reasonOf } from '../show.js'
import { number, text, texts } from './arguments.js'
import { commandOf } from './command.js'
import type { Io } from './io.js'
import { loadForecaster, loadPipeline } from './models.js'
import { UsageError } from './usage-error.js'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', '::1']

/** Milliseconds that requests in progress have when the server is to end. */
const GRACE = 10_000

export const command = commandOf({
  name: 'serve',
  about:
    'Serves a model over HTTP: POST /predict and /explain, GET /health and /openapi.json, and at / a page with a\n' +
    'form of the columns. A model of train --horizon forecasts: POST /predict takes the latest rows, or nothing.\n' +
    'Needs the package fastify: npx -p gradlane -p fastify gradlane serve <model>',
  positionals: ['model'],
  options: {
    port: number('n', 'where to listen; 0 for a free one', whole(0, 8080), 'p'),
    host: text('address', 'where to listen; 0.0.0.0 for all', '127.0.0.1'),
    'allow-host': texts('names', 'further names that the server answers to, as behind a proxy'),
    'body-limit': number('bytes', 'of a request', whole(1, 1 << 20)),
    'max-rows': number('n', 'rows of a request', whole(1, 1000)),
    title: text('text', 'of the page; default: by the target'),
  },
  examples: [
    'gradlane serve model.safetensors --port 8080',
    'curl -d \'{"bill":39.1,"island":"Biscoe"}\' -H content-type:application/json localhost:8080/predict',
  ],
  run: async ([file], options, io) => {
    const { port, host, title } = options
    if (port > 65_535) throw new UsageError(`--port: expected 0 to 65535, got ${port}`)
    const app = await serverOf(await serviceOf(file!, title, options['max-rows']), {
      bodyLimit: options['body-limit'],
      hosts: hostsOf(host, options['allow-host']),
      onError: (error) => {
        io.tell(`error: ${(error as Error).stack ?? reasonOf(error)}`)
      },
    })
    io.print(`${await app.listen({ port, host })}/`)
    await aborted(io.signal)
    io.tell('ending: requests in progress are answered first')
    const ending = setTimeout(() => {
      app.server.closeAllConnections()
    }, GRACE)
    await app.close()
    clearTimeout(ending)
    return 0
  },
})

async function serviceOf(
  file: string,
  title: string | undefined,
  maxRows: number,
): Promise<Service> {
  const named = (target: string): string => title ?? `${target}, by ${path.basename(file)}`
  const forecaster = await loadForecaster(file)
  if (forecaster !== null) return forecastService(forecaster, named(forecaster.target), maxRows)
  const { pipeline } = await loadPipeline(file)
  return rowsService(servedPipeline(pipeline, named(pipeline.target)), maxRows)
}

/** Null, any, where it listens for others than this machine. */
function hostsOf(host: string, further: readonly string[]): readonly string[] | null {
  const lower = further.map((name) => name.toLowerCase())
  if (LOOPBACK.includes(host)) return [...LOOPBACK, ...lower]
  return lower.length > 0 ? [...LOOPBACK, host.toLowerCase(), ...lower] : null
}

async function aborted(signal: Io['signal']): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve()
    })
  })
}
