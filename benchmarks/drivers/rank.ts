// A rank of npm run bench:distributed, which tells it what to do over a socket:
// node --import tsx benchmarks/drivers/rank.ts <socket> <job as JSON>
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Answer, JobSpec, Request } from '../distributed/protocol.js'
import { build, gradlane } from './build.js'
import { readFiles } from './serve.js'

const { distributed, empty, fit } = gradlane
const [path, json] = process.argv.slice(2)
const { trial, folder, accumulate, joins, member } = JSON.parse(json!) as JobSpec

const world = joins ? await distributed.init() : undefined
const socket = createConnection(path!)
const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
const send = (answer: Answer): void => void socket.write(`${JSON.stringify(answer)}\n`)

async function next(): Promise<Request> {
  const line = await lines.next()
  if (line.done === true) process.exit(1)
  return JSON.parse(line.value) as Request
}

/** Answers by what it took, on the clock and of this process's CPU. */
async function timed(steps: number, run: () => Promise<unknown>): Promise<void> {
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  await run()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  send({ steps, seconds, cpuSeconds: (user + system) / 1e6 })
}

/** One training without an end, which waits for its turn between two epochs. */
async function train(): Promise<void> {
  const { model, criterion, optimizer, shuffled } = build(trial!, readFiles(trial!, folder!))
  const ranks = world?.size ?? 1
  const steps = Math.floor(trial!.samples / (trial!.batch * ranks * accumulate))
  let finish = (): void => undefined
  let left = 1
  const onEpochEnd = async (): Promise<void> => {
    if (--left > 0) return
    finish()
    const request = await next()
    if (request.command !== 'epochs') throw new Error(`${request.command} while it trains`)
    left = request.epochs
    const done = new Promise<void>((resolve) => (finish = resolve))
    void timed(steps * left, () => done)
  }
  send({})
  const options = { criterion, optimizer, epochs: 1e6, accumulate, callbacks: [{ onEpochEnd }] }
  await fit(model, shuffled, world === undefined ? options : { ...options, distributed: world })
}

async function answerCalls(): Promise<void> {
  send({})
  for (;;) {
    const request = await next()
    if (request.command === 'allReduce') {
      const { bytes, calls } = request
      const x = empty([bytes / 4])
      x.data.fill(1e-3)
      await world!.barrier()
      await timed(calls, async () => {
        for (let i = 0; i < calls; i++) await world!.allReduce(x, { op: 'mean' })
      })
    } else if (request.command === 'wait') {
      await world!.barrier()
      await timed(1, async () => {
        if (world!.rank > 0) await sleep(request.seconds * 1000)
        await world!.barrier()
      })
    }
  }
}

const { version, isa } = gradlane.info()
send({ member: world?.rank ?? member, versions: { gradlane: version, isa: isa ?? 'none' } })
await (trial === undefined ? answerCalls() : train())
