// A driver's process, seen from the harness. It stays alive over all trials, so that rounds can go
// from driver to driver, and it waits for a line of input whenever it is not its turn.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'

import type { Driver } from './drivers.js'
import type { Answers, Hello, Request } from './protocol.js'

/** The driver's own account of why it could not go on. */
export class DriverError extends Error {}

export class Child {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  #noise = ''
  #failure: Error | undefined
  readonly #patience: number
  alive = true

  private constructor(driver: Driver, threads: number) {
    this.#patience = driver.patience
    this.#process = spawn(driver.command, driver.arguments(threads), {
      env: { ...process.env, ...driver.environment?.(threads) },
    })
    this.#process.on('error', (error) => (this.#failure = error))
    this.#process.stdin.on('error', () => undefined) // the missing answer tells
    this.#process.stderr.on('data', (text: Buffer) => {
      this.#noise = (this.#noise + text.toString()).slice(-4000)
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  /**
   * Starts a driver and waits until it is ready.
   *
   * @throws DriverError when it ends before that.
   */
  static async start(
    driver: Driver,
    threads: number,
  ): Promise<{ child: Child; versions: Hello['versions'] }> {
    const child = new Child(driver, threads)
    const hello = (await child.#read()) as Hello
    return { child, versions: hello.versions }
  }

  /**
   * @throws DriverError when the driver reports an error, ends, or takes longer than its patience; in
   * the last two cases it is gone.
   */
  async ask<Command extends Request['command']>(
    request: Extract<Request, { command: Command }>,
  ): Promise<Answers[Command]> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`)
    const answer = (await this.#read()) as Answers[Command] | { readonly error: string }
    if ('error' in answer) throw new DriverError(answer.error)
    return answer
  }

  stop(): void {
    this.alive = false
    this.#process.stdin.end()
  }

  async #read(): Promise<unknown> {
    const timer = setTimeout(() => {
      this.#failure = new Error(`not done after ${this.#patience} s`)
      this.#process.kill('SIGKILL')
    }, this.#patience * 1000)
    const line = await this.#lines.next()
    clearTimeout(timer)
    if (line.done !== true) return JSON.parse(line.value)
    this.alive = false
    const lines = this.#noise.trim().split('\n')
    throw new DriverError(this.#failure?.message ?? lines.at(-1) ?? 'it ended without a word')
  }
}
