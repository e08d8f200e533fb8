// Requests to a server in a process of its own, over connections that stay open.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'

import { quantile } from './statistics.js'

export const CONNECTIONS = 16

/** Of requests that went out one after the other over each connection. Milliseconds. */
export interface Latencies {
  readonly requests: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
}

export class Driven {
  readonly #process: ChildProcess
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 1 })

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.#port = port
  }

  /** @param driver A file of `drivers/`, which prints its port. */
  static async start(driver: string): Promise<Driven> {
    const file = fileURLToPath(new URL(`drivers/${driver}`, import.meta.url))
    const server = spawn(process.execPath, ['--import', 'tsx', file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = (await once(server.stdout, 'data')) as [Buffer]
    return new Driven(server, Number(line.toString()))
  }

  async ask(method: string, path: string, body = ''): Promise<string> {
    const to = { port: this.#port, host: '127.0.0.1', agent: this.#agent }
    const sent = request({ ...to, method, path }).end(body)
    const [response] = (await once(sent, 'response')) as [
      NodeJS.ReadableStream & { statusCode: number },
    ]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    if (response.statusCode >= 400) throw new Error(`${path}: ${response.statusCode} ${text}`)
    return text
  }

  /** How long answers to `question` take for some seconds. */
  async latencies(path: string, question: string, seconds: number): Promise<Latencies> {
    const times: number[] = []
    const end = performance.now() + 1000 * seconds
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (performance.now() < end) {
          const start = performance.now()
          await this.ask('POST', path, question)
          times.push(performance.now() - start)
        }
      }),
    )
    const [p50, p99, worst] = [0.5, 0.99, 1].map((q) => quantile(times, q))
    return { requests: times.length, p50: p50!, p99: p99!, worst: worst! }
  }

  end(): void {
    this.#process.stdin!.end()
    this.#agent.destroy()
  }
}
