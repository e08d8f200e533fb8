import { programOf } from '../kernels/backend.js'
import type { KernelCall } from '../kernels/operations.js'
import type { Program } from '../kernels/program.js'
import type { Tensor } from '../tensor/tensor.js'

/** A program with ports: tensors among its operands that lie elsewhere in each run. */
export class PortedProgram {
  readonly program: Program
  /** What the calls were recorded with, each in a buffer of its own. */
  readonly ports: readonly Tensor[]
  readonly #placeholders: readonly number[]
  /**
   * What ports were laid over for the run in progress. The program knows its address alone, so until
   * the run has ended it must not be collected.
   */
  readonly #laid: ArrayBuffer[] = []
  /** Ports that lie where they were recorded, as all do at first. */
  readonly #atHome: boolean[]

  constructor(calls: readonly KernelCall[], ports: readonly Tensor[]) {
    this.program = programOf(calls)
    this.ports = ports
    this.#atHome = ports.map(() => true)
    this.#placeholders = ports.map(({ buffer }) => this.program.addPlaceholder(buffer))
  }

  /** Step i of the next run finds a port `i * stride` bytes after the beginning of this tensor. */
  lay(port: number, { buffer, byteOffset }: Tensor, stride: number): void {
    this.#laid.push(buffer)
    this.#atHome[port] = false
    this.program.place(this.#placeholders[port]!, buffer, byteOffset, stride)
  }

  /** The steps of the next run find a port where it was recorded. */
  layHome(port: number): void {
    if (this.#atHome[port]) return
    this.lay(port, this.ports[port]!, 0)
    this.#atHome[port] = true
  }

  /** The run has ended. */
  release(): void {
    this.#laid.length = 0
  }
}
