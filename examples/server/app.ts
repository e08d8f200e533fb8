// The HTTP side of the service: node:http, nothing else.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import { GradlaneError, ValueError } from '../../ts/index.js'
import { page } from './page.js'
import {
  Conflict,
  type Progress,
  type Samples,
  type State,
  type TrainingService,
} from './training-service.js'

/** Bodies beyond this are refused. */
const LARGEST_BODY = 64 * 2 ** 20

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** A server over a service; `listen` starts it. */
export function appOf(service: TrainingService): Server {
  const routes: Readonly<Record<string, Handler>> = {
    'GET /': (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
    },
    'GET /status': (_, response) => {
      const { state, error, progress } = service
      send(response, 200, { state, error, last: progress.at(-1) ?? null })
    },
    'GET /events': (request, response) => {
      stream(service, request, response)
    },
    'POST /train': async (request, response) => {
      const { epochs = 20, ...samples } = (await body(request)) as Samples & { epochs?: number }
      service.train(samples, epochs)
      send(response, 202, { state: service.state })
    },
    'POST /stop': async (_, response) => {
      await service.stop()
      send(response, 200, { state: service.state })
    },
    'POST /resume': (_, response) => {
      service.resume()
      send(response, 202, { state: service.state })
    },
    'POST /predict': async (request, response) => {
      const { rows } = (await body(request)) as Pick<Samples, 'rows'>
      if (!Array.isArray(rows)) throw new ValueError('rows has to be a list of rows')
      send(response, 200, { probabilities: service.predict(rows) })
    },
  }
  return createServer((request, response) => {
    const handler = routes[`${request.method} ${new URL(request.url ?? '/', 'http://x').pathname}`]
    if (handler === undefined) {
      send(response, 404, { error: `there is no ${request.method} ${request.url}` })
      return
    }
    Promise.resolve()
      .then(() => handler(request, response))
      .catch((error: unknown) => {
        send(response, statusOf(error), { error: (error as Error).message })
      })
  })
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function statusOf(error: unknown): number {
  if (error instanceof Conflict) return 409
  return error instanceof GradlaneError || error instanceof SyntaxError ? 400 : 500
}

async function body(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LARGEST_BODY) throw new ValueError(`the body has more than ${LARGEST_BODY} bytes`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

/** Server-sent events: the state, the epochs so far, then each as it comes. */
function stream(
  service: TrainingService,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const write = (event: string, value: unknown): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`)
  }
  const onProgress = (progress: Progress): void => {
    write('progress', progress)
  }
  const onState = (state: State): void => {
    write('state', state)
  }
  write('state', service.state)
  write('history', service.progress)
  service.on('progress', onProgress).on('state', onState)
  request.on('close', () => {
    service.off('progress', onProgress).off('state', onState)
  })
}
