/** Counts how a classifier's answers fall, class by class. */
export class ClassReport {
  /** counts[truth][answer] */
  readonly #counts: number[][]

  /** @param classes Their names, in the order of their indices. */
  constructor(readonly classes: readonly string[]) {
    this.#counts = classes.map(() => new Array<number>(classes.length).fill(0))
  }

  add(truth: ArrayLike<number>, answer: ArrayLike<number>): void {
    for (let i = 0; i < truth.length; i++) this.#counts[truth[i]!]![answer[i]!]!++
  }

  /** Share of right answers. */
  get accuracy(): number {
    const right = sum(this.#counts.map((row, k) => row[k]!))
    return right / sum(this.#counts.flat())
  }

  /** Of each class: samples, precision, recall, and what it is mistaken for most often. */
  table(name: string): string {
    const rows = this.#counts.map((row, k) => {
      const right = row[k]!
      const answered = sum(this.#counts.map((other) => other[k]!))
      const wrong = row.map((count, answer) => (answer === k ? 0 : count))
      const most = Math.max(...wrong)
      const mistaken = most === 0 ? '-' : `${this.classes[wrong.indexOf(most)]!} (${most} times)`
      return [
        this.classes[k]!,
        String(sum(row)),
        percent(right / answered),
        percent(right / sum(row)),
        mistaken,
      ]
    })
    return aligned([[name, 'samples', 'precision', 'recall', 'mostly mistaken for'], ...rows])
  }

  /** The confusion matrix: a row for each true class, a column for each answer, in the same order. */
  matrix(): string {
    const rows = this.#counts.map((row, k) => [this.classes[k]!, ...row.map(String)])
    return aligned([['true \\ answer', ...this.classes], ...rows])
  }
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  '))
    .join('\n')
}

export function percent(share: number): string {
  return Number.isNaN(share) ? '-' : `${(100 * share).toFixed(2)} %`
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
