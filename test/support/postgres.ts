import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

/** The folder of PostgreSQL's programs: that of `POSTGRES`, or Debian's newest; null when there is none. */
export function findPostgres(): string | null {
  const named = process.env['POSTGRES']
  if (named !== undefined && named !== '') return named
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const folders = versions.map((version) => path.join(root, version, 'bin'))
  return folders.find((folder) => existsSync(path.join(folder, 'initdb'))) ?? null
}

/** A cluster of its own in a temporary folder, which nobody reaches but by a socket in there. */
export class Cluster {
  readonly #programs: string
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'gradlane-postgres-'))

  constructor(programs: string) {
    this.#programs = programs
    if (process.getuid!() === 0) {
      // It refuses to run as root; Debian's package has made a user for it.
      const [uid, gid] = ['-u', '-g'].map((flag) => Number(output(['id', flag, 'postgres'])))
      chownSync(this.#folder, uid!, gid!)
    }
    chmodSync(this.#folder, 0o755)
    try {
      const fresh = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-locale']
      this.#run('initdb', [...fresh, '--no-sync', '--pgdata', this.#data])
      const settings = [
        "listen_addresses=''",
        `unix_socket_directories=${this.#folder}`,
        'fsync=off',
      ]
      const options = settings.map((setting) => `-c ${setting}`).join(' ')
      const log = path.join(this.#folder, 'log')
      this.#run('pg_ctl', ['start', '--wait', '-D', this.#data, '-l', log, '-o', options])
    } catch (error) {
      rmSync(this.#folder, { recursive: true })
      throw error
    }
  }

  /** What a client has to find in its environment. */
  get environment(): Record<string, string> {
    return { PGHOST: this.#folder, PGUSER: 'postgres', PGDATABASE: 'postgres' }
  }

  stop(): void {
    this.#run('pg_ctl', ['stop', '--wait', '--mode=fast', '-D', this.#data])
    rmSync(this.#folder, { recursive: true })
  }

  get #data(): string {
    return path.join(this.#folder, 'data')
  }

  #run(program: string, args: readonly string[]): void {
    const command = [path.join(this.#programs, program), ...args]
    const asUser = process.getuid!() === 0 ? ['runuser', '-u', 'postgres', '--'] : []
    output([...asUser, ...command], this.#folder)
  }
}

function output(command: readonly string[], cwd?: string): string {
  const [program, ...args] = command
  const { status, stdout, stderr, error } = spawnSync(program!, args, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${command.join(' ')}: ${error?.message ?? `${status} ${stderr}`}`)
}
