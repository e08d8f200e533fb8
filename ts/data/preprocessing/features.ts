import { types } from 'node:util'

import { complaint, ShapeError, ValueError } from '../../errors.js'
import type { FloatDType } from '../../kernels/dtype.js'
import { tensor as tensorOf, type TensorData } from '../../tensor/create.js'
import { formatShape, Tensor } from '../../tensor/tensor.js'
import { type Cell, type Column, isColumn } from '../table/column.js'
import { columnFrom } from '../table/column-from.js'
import { Table } from '../table/table.js'
import { show } from '../../show.js'
import { type Cells, type Input, rowsOf } from './cells.js'

/** What a transformer was given, by feature. @internal */
export interface Features {
  readonly inputs: Input[]
  readonly cells: Cells[]
  /** Whether it was one column. */
  readonly isColumn: boolean
  /** Of what comes out. */
  readonly dtype: FloatDType
}

/**
 * The features of a column, a table or a tensor of shape (n, features).
 *
 * @throws ValueError, ShapeError when it is none.
 * @internal
 */
export function featuresOf(who: string, x: unknown): Features {
  if (isColumn(x)) return featuresOfColumn(x)
  if (x instanceof Table) {
    const columns = x.columnNames.map((name) => x.column(name))
    const inputs = x.columnNames.map((name, i): Input => ({ name, type: columns[i]!.type }))
    return { inputs, cells: columns, isColumn: false, dtype: 'float32' }
  }
  if (x instanceof Tensor) return featuresOfTensor(who, x)
  if (!Array.isArray(x) && !types.isTypedArray(x)) {
    const expected = 'a column, a table, a tensor or a list'
    throw new ValueError(complaint(who, 'the data', expected, x))
  }
  if (Array.isArray(x) && Array.isArray(x[0]))
    return {
      ...featuresOfTensor(who, tensorOf(x as TensorData, { dtype: 'float64' })),
      dtype: 'float32',
    }
  return featuresOfColumn(columnFrom(who, 'the data', x))
}

function featuresOfColumn(column: Column): Features {
  const inputs: Input[] = [{ name: 'x0', type: column.type }]
  return { inputs, cells: [column], isColumn: true, dtype: 'float32' }
}

function featuresOfTensor(who: string, x: Tensor): Features {
  const [rows, features] = x.shape
  if (x.ndim !== 2) {
    const hint = 'one feature is reshape([-1, 1])'
    const shape = `shape ${formatShape(x.shape)}`
    throw new ShapeError(complaint(who, 'the tensor', 'of shape (n, features)', shape, hint))
  }
  const { data } = x
  const cells = Array.from({ length: features! }, (_, feature): Cells => {
    const values = new Float64Array(rows!)
    for (let row = 0; row < rows!; row++) values[row] = data[row * features! + feature]!
    return { type: 'number', values }
  })
  const inputs = cells.map(({ type }, i): Input => ({ name: `x${i}`, type }))
  return { inputs, cells, isColumn: false, dtype: x.dtype === 'float64' ? 'float64' : 'float32' }
}

/**
 * Cells of the types that were fitted. Numbers are read from texts and texts from numbers where the types
 * differ.
 *
 * @throws ShapeError for another number of features; ValueError for a value that does not fit.
 * @internal
 */
export function refit(who: string, given: Features, inputs: readonly Input[]): Features {
  if (given.cells.length !== inputs.length) {
    const expected = `${inputs.length}, as were fitted`
    throw new ShapeError(complaint(who, 'the features', expected, given.cells.length))
  }
  const cells = given.cells.map((some, i) => castCells(who, inputs[i]!.name, some, inputs[i]!.type))
  return { ...given, cells }
}

/** @internal */
export function castCells(who: string, name: string, cells: Cells, type: Input['type']): Cells {
  if (cells.type === type) return cells
  const values = Array.from({ length: rowsOf([cells]) }, (_, row) => cellOf(cells, row))
  return columnFrom(who, `column ${show(name)}`, values, type)
}

function cellOf(cells: Cells, row: number): Cell {
  if (cells.type === 'category') return cells.categories[cells.codes[row]!] ?? null
  const value = cells.values[row]!
  return cells.type === 'date' && value === value ? new Date(value) : value
}
