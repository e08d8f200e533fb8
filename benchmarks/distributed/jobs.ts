// The processes of a benchmark on several hosts.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import type { Answer, Hello, JobSpec, Request, Timed } from './protocol.js'

interface Member {
  readonly socket: Socket
  readonly lines: AsyncIterator<string>
}

const STARTING = 240 // seconds

/** Processes that were started together, by their numbers. */
export class Job {
  readonly name: string
  readonly versions: Hello['versions']
  readonly #folder: string
  readonly #server: Server
  readonly #children: readonly ChildProcess[]
  readonly #members: ReadonlyMap<number, Member>

  private constructor(
    name: string,
    versions: Hello['versions'],
    folder: string,
    server: Server,
    children: readonly ChildProcess[],
    members: ReadonlyMap<number, Member>,
  ) {
    this.name = name
    this.versions = versions
    this.#folder = folder
    this.#server = server
    this.#children = children
    this.#members = members
  }

  /**
   * Starts processes and waits until all of them are ready.
   *
   * @param commands Their command lines, to which socket and spec are given; a launcher's starts all of them.
   */
  static async start(
    name: string,
    size: number,
    spec: Omit<JobSpec, 'member'>,
    commands: readonly ((socket: string, spec: string) => readonly string[])[],
  ): Promise<Job> {
    const folder = mkdtempSync(join(tmpdir(), 'gradlane-ranks-'))
    const path = join(folder, 'socket')
    const server = createServer()
    const members = new Map<number, Member>()
    let versions: Hello['versions'] = {}
    let noise = ''
    const children: ChildProcess[] = []
    const all = new Promise<void>((resolve, reject) => {
      const fail = (): void => {
        reject(new Error(`${name}: ${noise.trim().split('\n').slice(-12).join('\n')}`))
      }
      setTimeout(fail, STARTING * 1000).unref()
      server.on('connection', (socket) => {
        const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
        void (async () => {
          const hello = JSON.parse((await lines.next()).value as string) as Hello
          await lines.next() // it is ready
          versions = hello.versions
          members.set(hello.member, { socket, lines })
          if (members.size === size) resolve()
        })()
      })
      server.listen(path, () => {
        commands.forEach((command, member) => {
          const [program, ...args] = command(path, JSON.stringify({ ...spec, member }))
          const child = spawn(program!, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
          for (const stream of [child.stdout, child.stderr]) {
            stream.on('data', (text: Buffer) => (noise += text.toString()))
          }
          child.on('close', fail)
          children.push(child)
        })
      })
    })
    try {
      await all
    } catch (error) {
      for (const child of children) child.kill()
      server.close()
      throw error
    }
    return new Job(name, versions, folder, server, children, members)
  }

  /** All of them, or some, do the same; what each took. */
  async ask(
    request: Request,
    numbers: readonly number[] = [...this.#members.keys()].sort(),
  ): Promise<Timed[]> {
    const asked = numbers.map((number) => this.#members.get(number)!)
    for (const { socket } of asked) socket.write(`${JSON.stringify(request)}\n`)
    return Promise.all(
      asked.map(async ({ lines }) => {
        const line = await lines.next()
        if (line.done === true) throw new Error(`${this.name}: it has ended`)
        return JSON.parse(line.value) as Answer as Timed
      }),
    )
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#members.values()) socket.destroy()
    await Promise.all(
      this.#children.map(async (child) => {
        const done = new Promise((resolve) => child.once('close', resolve))
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill()
        await done
      }),
    )
    this.#server.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const env = {
  ...process.env,
  ...{ OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
  GRADLANE_NUM_THREADS: '1',
}
