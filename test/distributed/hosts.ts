import { spawnSync } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import path from 'node:path'

import type { Mpi } from './mpirun.js'

/** Why hosts cannot be made here, or null. */
export function whyNoHosts(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are of Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  for (const [program, from] of PROGRAMS) {
    if (!isProgram(program)) return `${program} is not installed (Debian: ${from})`
  }
  return null
}

const PROGRAMS = [
  ['ip', 'iproute2'],
  ['tc', 'iproute2'],
  ['taskset', 'util-linux'],
  ['unshare', 'util-linux'],
  ['sysctl', 'procps'],
] as const

function isProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Name and address are those by which launchers and ranks know it. */
interface Host {
  readonly name: string
  readonly address: string
  readonly core: number
}

const PREFIX = 'gradlane-'
let made = 0

/**
 * Machines on one Linux: each is a network namespace with a name, an address and a core of its own, all on one
 * switch. Processes of two of them have nothing in common but the file system. They are removed, with what runs
 * on them, at the latest when this process ends.
 */
export class Hosts {
  readonly hosts: readonly Host[]
  readonly #folder: string
  readonly #switch: string
  readonly #remove = (): void => {
    this.remove()
  }

  /** @throws Error where there can be none. */
  constructor(count: number) {
    const reason = whyNoHosts()
    if (reason !== null) throw new Error(`no hosts: ${reason}`)
    sweep()
    const own = `${PREFIX}${process.pid}-${made++}-`
    this.#switch = `${own}switch`
    this.hosts = Array.from({ length: count }, (_, i) => {
      const core = i % availableParallelism()
      return { name: `${own}${i}`, address: `10.0.0.${i + 1}`, core }
    })
    this.#folder = mkdtempSync(path.join(tmpdir(), 'gradlane-hosts-'))
    process.on('exit', this.#remove)
    for (const signal of SIGNALS) process.on(signal, leave)
    ip('netns', 'add', this.#switch)
    ip('-n', this.#switch, 'link', 'add', 'switch', 'up', 'type', 'bridge')
    this.hosts.forEach(({ name, address }, i) => {
      ip('netns', 'add', name)
      ip('-n', name, 'link', 'set', 'lo', 'up')
      // A launcher that cannot reach the other host any more would wait for it a quarter of an hour.
      ip('netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.tcp_retries2=4')
      const peer = ['peer', 'name', `port${i}`, 'netns', this.#switch]
      ip('-n', name, 'link', 'add', DEVICE, 'type', 'veth', ...peer)
      ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', DEVICE)
      ip('-n', name, 'link', 'set', DEVICE, 'up')
      ip('-n', this.#switch, 'link', 'set', `port${i}`, 'master', 'switch', 'up')
    })
    writeFileSync(this.#agent, this.#agentText())
    chmodSync(this.#agent, 0o755)
  }

  /** Limits what each host sends, or no longer. */
  throttle(megabits: number | null): void {
    for (const { name } of this.hosts) {
      const limit = ['rate', `${megabits ?? 0}mbit`, 'burst', '256kb', 'latency', '50ms']
      const tbf = megabits === null ? ['pfifo_fast'] : ['tbf', ...limit]
      run('tc', '-n', name, 'qdisc', 'replace', 'dev', DEVICE, 'root', ...tbf)
    }
  }

  /** Pulls the cable of a host, or puts it in again. */
  link(host: number, state: 'up' | 'down'): void {
    ip('-n', this.hosts[host]!.name, 'link', 'set', DEVICE, state)
  }

  /** A command line that runs another one on a host. */
  on(host: number, ...command: readonly string[]): string[] {
    const { name, core } = this.hosts[host]!
    const there = `hostname ${name}; exec "$@"`
    return [...enter(name, core), 'sh', '-c', there, name, ...command]
  }

  /** The MPI with its launcher on the first host, which starts ranks on all of them in turn. */
  mpi(mpi: Mpi): Mpi {
    const list = this.hosts.map(({ address }) => address)
    const [command, ...before] = this.on(0, mpi.launcher, ...mpi.flags)
    return { ...mpi, launcher: command!, flags: [...before, ...this.#flags(mpi.name, list)] }
  }

  #flags(mpi: Mpi['name'], addresses: readonly string[]): string[] {
    if (mpi === 'MPICH') {
      const agent = ['-launcher', 'rsh', '-launcher-exec', this.#agent]
      return ['-hosts', addresses.join(), '-iface', DEVICE, ...agent]
    }
    const settings = {
      plm_rsh_agent: this.#agent,
      oob_tcp_if_include: DEVICE,
      ...{ pml: 'ob1', btl: 'tcp,self', btl_tcp_if_include: DEVICE },
    }
    const mca = Object.entries(settings).flatMap(([key, value]) => ['--mca', key, value])
    return ['--host', addresses.map((address) => `${address}:1`).join(), ...mca]
  }

  /** Ends what runs on the hosts, and them. */
  remove(): void {
    for (const { name } of this.hosts) drop(name)
    drop(this.#switch)
    rmSync(this.#folder, { recursive: true, force: true })
    process.off('exit', this.#remove)
    for (const signal of SIGNALS) process.off(signal, leave)
  }

  get #agent(): string {
    return path.join(this.#folder, 'agent')
  }

  /** What launchers call as they would rsh: `agent HOST COMMAND…`. */
  #agentText(): string {
    const cases = this.hosts.map(({ name, address, core }) => {
      const command = enter(name, core).join(' ')
      return `  ${address}) exec ${command} sh -c "hostname ${name}; $*" ;;`
    })
    return ['#!/bin/sh', 'host=$1', 'shift', 'case $host in', ...cases, 'esac', 'exit 1', ''].join(
      '\n',
    )
  }
}

/** Makes hosts for a while. */
export async function withHosts<T>(count: number, use: (hosts: Hosts) => Promise<T>): Promise<T> {
  const hosts = new Hosts(count)
  try {
    return await use(hosts)
  } finally {
    hosts.remove()
  }
}

const DEVICE = 'eth0'
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** An end by a signal runs what is to be done at exit. */
const leave = (): void => {
  process.exit(1)
}

/** UCX, by which an MPICH may communicate, would find out that memory can be shared. */
function enter(name: string, core: number): string[] {
  const variables = ['env', 'UCX_TLS=tcp,self', `UCX_NET_DEVICES=${DEVICE}`]
  return ['ip', 'netns', 'exec', name, ...variables, 'taskset', '-c', `${core}`, 'unshare', '--uts']
}

/** Removes what is left of processes that were killed. */
function sweep(): void {
  if (!existsSync(NAMESPACES)) return
  for (const name of readdirSync(NAMESPACES)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) drop(name)
  }
}

const NAMESPACES = '/run/netns'

function drop(name: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
  for (const pid of (stdout || '').split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has just ended.
    }
  }
  spawnSync('ip', ['netns', 'del', name])
}

function ip(...args: readonly string[]): void {
  run('ip', ...args)
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) {
    throw new Error(`${[command, ...args].join(' ')}: ${error?.message ?? stderr.trim()}`)
  }
}
