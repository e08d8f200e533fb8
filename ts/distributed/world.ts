import type { Tensor } from '../tensor/tensor.js'
import type { Reduction } from './calls.js'

export interface AllReduceOptions {
  /** Default `sum`. `mean` is for floating numbers. */
  op?: Reduction
}

export interface BroadcastOptions {
  /** The rank that has the values. Default 0. */
  src?: number
}

/**
 * The processes of a job, of which this is one: see `distributed.init`. What is called here has to be called by
 * all ranks, in the same order and with the same shapes: a rank that calls something else fails, as do all
 * others, and nothing works from then on. Calls run on a thread of their own, one after the other.
 *
 * The order of additions is that of the ranks, so the same values give the same bits in every run.
 *
 * @see https://pytorch.org/docs/stable/distributed.html
 */
export interface World extends AsyncDisposable {
  /** Number of this process, from 0 on. */
  readonly rank: number
  /** Number of processes. */
  readonly size: number
  /** Names of the machines by rank. */
  readonly hosts: readonly string[]
  /**
   * Seconds for which this process has stood still for the others so far: until they had come to a call, and until
   * what was exchanged had arrived. Of calls that the program awaits, and of those within the steps of `fit`.
   */
  readonly waitedSeconds: number

  /**
   * Writes the sum of the tensors of all ranks, element by element, into each of them.
   *
   * @param tensor float32, float64 or int32; of the same shape on all ranks.
   * @returns the tensor.
   * @throws DTypeError for another dtype, or the mean of int32; DistributedError when the ranks do not agree.
   */
  allReduce(tensor: Tensor, options?: AllReduceOptions): Promise<Tensor>

  /**
   * Writes the elements of one rank's tensor into those of all others.
   *
   * @param tensor Of any dtype; of the same shape on all ranks.
   * @returns the tensor.
   * @throws ValueError when there is no such rank; DistributedError when the ranks do not agree.
   */
  broadcast(tensor: Tensor, options?: BroadcastOptions): Promise<Tensor>

  /**
   * The tensors of all ranks, by rank.
   *
   * @param tensor Shape (…), of any dtype; of the same shape on all ranks.
   * @returns shape (size, …).
   * @throws DistributedError when the ranks do not agree.
   */
  allGather(tensor: Tensor): Promise<Tensor>

  /** Done when all ranks have come to it. */
  barrier(): Promise<void>

  /**
   * Leaves the job, when all ranks do. A program that ends well does so by itself. A second time does nothing.
   *
   * @throws DistributedError when another rank calls something else.
   */
  close(): Promise<void>
}
