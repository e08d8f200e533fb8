/** The messages of process warnings while something is done. */
export async function warningsOf(body: () => unknown): Promise<string[]> {
  const seen: string[] = []
  const listen = (warning: Error): void => void seen.push(warning.message)
  process.on('warning', listen)
  try {
    await body()
    await new Promise(setImmediate) // where they are told
  } finally {
    process.off('warning', listen)
  }
  return seen
}
