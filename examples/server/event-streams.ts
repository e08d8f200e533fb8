// Server-sent events: the state, the epochs so far, then each as it comes.
import type { ServerResponse } from 'node:http'

import { limits, Refusal } from './limits.js'
import type { TrainingService } from './training-service.js'

/** All readers of a service's events; it listens once, however many there are. */
export class EventStreams {
  readonly #service: TrainingService
  readonly #readers = new Set<ServerResponse>()

  constructor(service: TrainingService) {
    this.#service = service
    for (const event of ['progress', 'state'] as const) {
      service.on(event, (value: unknown) => {
        for (const reader of this.#readers) this.#write(reader, event, value)
      })
    }
  }

  /** @throws Refusal 503 when there are too many. */
  add(response: ServerResponse): void {
    if (this.#readers.size >= limits.streams) {
      throw new Refusal(503, 'ERR_BUSY', `there are ${limits.streams} event streams already`)
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    this.#readers.add(response)
    response.once('close', () => this.#readers.delete(response))
    this.#write(response, 'state', this.#service.state)
    this.#write(response, 'history', this.#service.progress)
  }

  #write(response: ServerResponse, event: string, value: unknown): void {
    response.write(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`)
    // Who does not read is let go: what waits for him is memory. His page connects again by itself.
    if (response.writableLength > limits.streamBytes) response.destroy()
  }
}
