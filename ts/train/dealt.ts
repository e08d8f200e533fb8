/** Of each batch of a group: the samples of each rank. */
export type Dealt = readonly (readonly number[])[]

export const sumOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0)
export const isEven = (rows: readonly number[]): boolean => rows.every((count) => count === rows[0])
