/** Keeps the last thing that was computed: what is asked for again by the same key is not computed again. */
export function lastOf(): <T>(key: string, compute: () => T) => T {
  let kept: { readonly key: string; readonly value: unknown } | null = null
  return <T>(key: string, compute: () => T): T => {
    if (kept?.key !== key) kept = { key, value: compute() }
    return kept.value as T
  }
}
