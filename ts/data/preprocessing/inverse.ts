import { complaint, ShapeError, ValueError } from '../../errors.js'
import type { FloatDType } from '../../kernels/dtype.js'
import { empty, type Tensor } from '../../tensor/tensor.js'
import {
  CategoryColumn,
  type Column,
  DateColumn,
  NumberColumn,
  TextColumn,
} from '../table/column.js'
import { type Cells, type NumberCells, rowsOf } from './cells.js'
import { featuresOf } from './features.js'

/** @internal */
export function columnOf(cells: Cells): Column {
  switch (cells.type) {
    case 'number':
      return new NumberColumn(cells.values)
    case 'date':
      return new DateColumn(cells.values)
    case 'category':
      return new CategoryColumn(cells.codes, cells.categories)
    case 'text':
      return new TextColumn(cells.values)
  }
}

/** Columns of numbers, `width` of them. @throws ShapeError, ValueError @internal */
export function numbersOf(
  who: string,
  x: unknown,
  width: number,
): { cells: NumberCells[]; dtype: FloatDType } {
  const { cells, dtype } = featuresOf(`${who}.inverseTransform`, x)
  if (cells.length !== width) {
    const expected = `of shape (n, ${width})`
    throw new ShapeError(complaint(`${who}.inverseTransform`, 'the tensor', expected, cells.length))
  }
  const numbers = cells.filter((some): some is NumberCells => some.type === 'number')
  if (numbers.length === cells.length) return { cells: numbers, dtype }
  throw new ValueError(complaint(`${who}.inverseTransform`, 'what comes back', 'numbers', 'others'))
}

/** Columns of numbers as a tensor of shape (n, columns). @internal */
export function stacked(cells: readonly NumberCells[], dtype: FloatDType): Tensor {
  const width = cells.length
  const result = empty([rowsOf(cells), width], dtype)
  const { data } = result
  cells.forEach(({ values }, column) => {
    for (let row = 0; row < values.length; row++) data[row * width + column] = values[row]!
  })
  return result
}
