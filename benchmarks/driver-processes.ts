// The drivers that take part in a run, and their processes.
import { Child } from './child.js'
import type { Driver } from './drivers.js'
import type { Hello } from './protocol.js'

export class DriverProcesses {
  /** Those that started. */
  readonly drivers: readonly Driver[]
  readonly versions: Readonly<Record<string, Hello['versions']>>
  /** Why the others did not. */
  readonly missing: Readonly<Record<string, string>>
  readonly #children: Map<string, Child>
  readonly #threads: number

  private constructor(
    threads: number,
    drivers: readonly Driver[],
    children: Map<string, Child>,
    versions: Record<string, Hello['versions']>,
    missing: Record<string, string>,
  ) {
    this.#threads = threads
    this.drivers = drivers
    this.#children = children
    this.versions = versions
    this.missing = missing
  }

  /**
   * @param patience Seconds that a request to a driver which is not ours may take at most.
   * @throws when one of our own drivers does not start.
   */
  static async start(
    all: readonly Driver[],
    threads: number,
    patience = Infinity,
  ): Promise<DriverProcesses> {
    const drivers = all.map((driver) =>
      driver.ours ? driver : { ...driver, patience: Math.min(driver.patience, patience) },
    )
    const children = new Map<string, Child>()
    const versions: Record<string, Hello['versions']> = {}
    const missing: Record<string, string> = {}
    for (const driver of drivers) {
      try {
        const known = driver.missing?.()
        if (known !== undefined) throw new Error(known)
        const started = await Child.start(driver, threads)
        children.set(driver.name, started.child)
        versions[driver.name] = started.versions
      } catch (error) {
        if (driver.ours) throw error
        missing[driver.name] = error instanceof Error ? error.message : String(error)
      }
    }
    const present = drivers.filter(({ name }) => children.has(name))
    return new DriverProcesses(threads, present, children, versions, missing)
  }

  /** The driver's process; a new one where it had to be stopped. */
  async child(name: string): Promise<Child> {
    const known = this.#children.get(name)
    if (known?.alive === true) return known
    const driver = this.drivers.find((candidate) => candidate.name === name)!
    const { child } = await Child.start(driver, this.#threads)
    this.#children.set(name, child)
    return child
  }

  stop(): void {
    for (const child of this.#children.values()) child.stop()
  }
}
