// The HTTP side of the service: node:http, nothing else.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import { GradlaneError } from '../../ts/index.js'
import { bodyOf } from './body.js'
import { EventStreams } from './event-streams.js'
import { limits, Refusal } from './limits.js'
import { page } from './page.js'
import { epochsOf, samplesOf, tableOf } from './samples.js'
import type { TrainingService } from './training-service.js'

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** A server over a service; `listen` starts it. */
export function appOf(service: TrainingService): Server {
  const streams = new EventStreams(service)
  const routes = new Map<string, Handler>([
    [
      'GET /',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
      },
    ],
    [
      'GET /status',
      (_, response) => {
        const { state, error, progress } = service
        send(response, 200, { state, error, last: progress.at(-1) ?? null })
      },
    ],
    [
      'GET /events',
      (_, response) => {
        streams.add(response)
      },
    ],
    [
      'POST /train',
      async (request, response) => {
        service.checkIdle()
        const body = await bodyOf(request, limits.trainBytes)
        service.train(samplesOf(body), epochsOf(body['epochs'] ?? 20))
        send(response, 202, { state: service.state })
      },
    ],
    [
      'POST /stop',
      async (_, response) => {
        await service.stop()
        send(response, 200, { state: service.state })
      },
    ],
    [
      'POST /resume',
      (_, response) => {
        service.resume()
        send(response, 202, { state: service.state })
      },
    ],
    [
      'POST /predict',
      async (request, response) => {
        const { rows } = await bodyOf(request, limits.bytes)
        send(response, 200, { probabilities: service.predict(tableOf(rows, limits.predictedRows)) })
      },
    ],
  ])
  const server = createServer((request, response) => {
    void answer(routes, request, response)
  })
  server.maxConnections = limits.connections
  return server
}

async function answer(
  routes: ReadonlyMap<string, Handler>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    // No URL is made of what a request brings: `//` is none.
    const name = `${request.method} ${(request.url ?? '').split('?', 1)[0]}`
    const handler = routes.get(name)
    if (handler === undefined) throw new Refusal(404, 'ERR_NOT_FOUND', `there is no ${name}`)
    await handler(request, response)
  } catch (error) {
    refuse(request, response, error)
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return
  const { message } = error as Error
  if (error instanceof Refusal || error instanceof GradlaneError) {
    // What is left of the body is not kept.
    if (!request.complete) response.setHeader('connection', 'close')
    send(response, error instanceof Refusal ? error.status : 400, {
      code: error.code,
      error: message,
    })
    request.resume()
    return
  }
  console.error(error)
  send(response, 500, { code: 'ERR_INTERNAL', error: 'something went wrong' })
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
