// The driver's end of the protocol, for drivers that run in Node.
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import type { Answer, Hello, Request } from '../protocol.js'
import type { Trial } from '../trials.js'

/** A trial that has been built and can be trained. */
export interface Session {
  /** Trains for `steps` steps over shuffled batches. */
  run(steps: number): void
  /** The same over batches in the order of the samples, from where the last call ended. */
  learn(steps: number): void
  /** Over the first `lossSamples` samples, in training mode. */
  loss(): number
  dispose?(): void
}

export interface TrialFiles {
  readonly x: Float32Array
  readonly y: Float32Array | Int32Array
  readonly weights: Float32Array
}

function bytesOf(folder: string, name: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name))
  return buffer.slice(byteOffset, byteOffset + byteLength)
}

export function readFiles(trial: Trial, folder: string): TrialFiles {
  const y = bytesOf(folder, 'y')
  return {
    x: new Float32Array(bytesOf(folder, 'x')),
    y: trial.loss === 'mse' ? new Float32Array(y) : new Int32Array(y),
    weights: new Float32Array(bytesOf(folder, 'weights')),
  }
}

function send(message: Hello | Answer): void {
  writeSync(1, `${JSON.stringify(message)}\n`)
}

/** Says hello and answers requests until stdin ends. */
export async function serve(
  versions: Hello['versions'],
  prepare: (trial: Trial, files: TrialFiles) => Session,
): Promise<void> {
  console.log = console.info = console.error // stdout belongs to the protocol
  let session: Session | undefined

  const answer = (request: Request): Answer => {
    if (request.command === 'prepare') {
      session?.dispose?.()
      session = prepare(request.trial, readFiles(request.trial, request.folder))
      return {}
    }
    if (session === undefined) throw new Error('nothing was prepared')
    if (request.command === 'loss') return { loss: session.loss() }
    const cpuBefore = process.cpuUsage()
    const start = process.hrtime.bigint()
    session[request.command](request.steps)
    const seconds = Number(process.hrtime.bigint() - start) / 1e9
    const { user, system } = process.cpuUsage(cpuBefore)
    return { steps: request.steps, seconds, cpuSeconds: (user + system) / 1e6 }
  }

  send({ versions })
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      send(answer(JSON.parse(line) as Request))
    } catch (error) {
      console.error(error)
      send({ error: error instanceof Error ? error.message : String(error) })
    }
  }
}
