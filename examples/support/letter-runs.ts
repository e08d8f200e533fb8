/** Naive Bayes over runs of n letters, ends of the word among them: what a class is likely to be made of. */
export class LetterRuns {
  readonly #counts: ReadonlyMap<string, number>[]
  readonly #totals: number[]

  /** @param lists The words of each class, all as likely. */
  constructor(
    lists: readonly (readonly string[])[],
    readonly n: number,
  ) {
    this.#counts = lists.map((words) => {
      const counts = new Map<string, number>()
      for (const run of words.flatMap((word) => this.#runs(word)))
        counts.set(run, (counts.get(run) ?? 0) + 1)
      return counts
    })
    this.#totals = this.#counts.map((counts) => [...counts.values()].reduce((a, b) => a + b, 0))
  }

  /** The class of a word. */
  predict(word: string): number {
    const runs = this.#runs(word)
    const scores = this.#counts.map((counts, k) => {
      const all = this.#totals[k]! + 27 ** this.n // each run is counted once more than it came
      return runs.reduce((sum, run) => sum + Math.log(((counts.get(run) ?? 0) + 1) / all), 0)
    })
    return scores.indexOf(Math.max(...scores))
  }

  #runs(word: string): string[] {
    const whole = ' '.repeat(this.n - 1) + word + ' '
    return Array.from({ length: word.length + 1 }, (_, i) => whole.slice(i, i + this.n))
  }
}
