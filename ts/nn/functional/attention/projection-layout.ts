import { permute } from '../../../ops/permute.js'
import type { Shape, Tensor } from '../../../tensor/tensor.js'
import type { Heads } from './attend.js'

/** Queries, keys and values after their projections, side by side in tensors of (L, N, …) or (N, L, …). */
export interface Projected {
  readonly packed: 'qkv' | 'kv' | null
  readonly q: Tensor
  readonly k: Tensor
  readonly v: Tensor
}

/** How queries, keys and values of several heads lie in what their projections give. */
export class ProjectionLayout {
  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    readonly batchFirst: boolean,
  ) {}

  /** Without the room that a cache has behind the keys. */
  filled(projected: Projected, keys: number): Projected {
    const { packed, q, k } = projected
    if (packed === 'qkv' || this.sizesOf(k)[1] === keys) return projected
    const both = k.narrow(this.batchFirst ? 1 : 0, 0, keys)
    return { packed, q, k: both, v: both }
  }

  /** Each for itself. */
  columns({ packed, q, k, v }: Projected): [Tensor, Tensor, Tensor] {
    const { embedDim } = this
    const part = (x: Tensor, i: number): Tensor => x.narrow(-1, i * embedDim, embedDim)
    if (packed === 'qkv') return [part(q, 0), part(k, 1), part(v, 2)]
    return packed === 'kv' ? [q, part(k, 0), part(v, 1)] : [q, k, v]
  }

  /** (N, heads, rows, D) each. */
  split(projected: Projected): [Tensor, Tensor, Tensor] {
    const { numHeads, embedDim, batchFirst } = this
    return this.columns(projected).map((x) => {
      const apart = x.reshape([...x.shape.slice(0, 2), numHeads, embedDim / numHeads])
      return permute(apart, batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3])
    }) as [Tensor, Tensor, Tensor]
  }

  /** As the kernel takes them. */
  heads({
    packed,
    q,
    k,
    v,
  }: Projected): Record<'q' | 'k' | 'v', Heads> & Pick<Projected, 'packed'> {
    const { embedDim } = this
    const heads = (x: Tensor, i: number): Heads => {
      return { x, offset: i * embedDim, ...this.steps(x.shape) }
    }
    const ofK = packed === 'qkv' ? 1 : 0
    const ofV = packed === null ? 0 : ofK + 1
    return { packed, q: heads(q, 0), k: heads(k, ofK), v: heads(v, ofV) }
  }

  /** Elements from one sample, head and row to the next. */
  steps(shape: Shape): { batch: number; head: number; row: number } {
    const [, second, columns] = shape as [number, number, number]
    const head = this.embedDim / this.numHeads
    const [outer, inner] = [second * columns, columns]
    return this.batchFirst ? { batch: outer, head, row: inner } : { batch: inner, head, row: outer }
  }

  /** Samples, and rows of each. */
  sizesOf({ shape }: Tensor): [batch: number, rows: number] {
    const [first, second] = shape as [number, number]
    return this.batchFirst ? [first, second] : [second, first]
  }
}
