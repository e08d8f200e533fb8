/**
 * A sum in the order of its terms with a second number for what rounding loses (Neumaier), so that its
 * error does not grow with their number. One term after the other, wherever batches are cut.
 */
export class RunningSum {
  #sum = 0
  #lost = 0

  add(term: number): void {
    const sum = this.#sum + term
    this.#lost +=
      Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum
    this.#sum = sum
  }

  get value(): number {
    // Of infinite or NaN terms the sum alone tells.
    return Number.isFinite(this.#sum) ? this.#sum + this.#lost : this.#sum
  }

  get state(): [number, number] {
    return [this.#sum, this.#lost]
  }

  set state([sum, lost]: readonly [number, number]) {
    this.#sum = sum
    this.#lost = lost
  }
}
