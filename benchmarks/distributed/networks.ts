export interface Network {
  readonly name: string
  /** What each host sends a second at most; null: what the machine manages. */
  readonly megabits: number | null
}

export const NETWORKS: readonly Network[] = [
  { name: 'not throttled', megabits: null },
  { name: '1 Gbit/s', megabits: 1000 },
]
