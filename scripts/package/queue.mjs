/**
 * Calls body with each item, so many at a time, in order. One that throws stops none of the others;
 * returns what was thrown.
 */
export async function each(items, jobs, body) {
  const waiting = [...items]
  const failures = []
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await body(item)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return failures
}
