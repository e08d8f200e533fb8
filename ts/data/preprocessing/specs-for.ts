import { complaint, ValueError } from '../../errors.js'
import type { Column } from '../table/column.js'
import { rowNames } from '../table/names-rows.js'
import { Table } from '../table/table.js'
import type { ColumnSpec } from './column-specs.js'
import { DatetimeEncoder } from './datetime-encoder.js'
import { OneHotEncoder } from './one-hot-encoder.js'
import { SimpleImputer } from './simple-imputer.js'
import { StandardScaler } from './standard-scaler.js'
import { TfidfVectorizer } from './tfidf-vectorizer.js'
import type { Transformer } from './transformer.js'

/** Columns that the categories of one may take: the rarer ones share the last. */
const MOST_CATEGORIES = 32

/** Terms of a text that count: the most frequent ones. */
const MOST_TERMS = 256

/** Transformers that suit the columns of a table. @throws ValueError @internal */
export function specsFor(table: Table, target?: string): Map<string, ColumnSpec> {
  const who = 'ColumnTransformer.for'
  if (!(table instanceof Table)) throw new ValueError(complaint(who, 'the data', 'a Table', table))
  if (target !== undefined) table.column(target)
  const specs = new Map<string, ColumnSpec>()
  const ids = rowNames(table, target)
  for (const name of table.columnNames) {
    const column = table.column(name)
    if (name !== target && !isEmpty(column) && !ids.includes(name)) specs.set(name, specFor(column))
  }
  if (specs.size > 0) return specs
  throw new ValueError(complaint(who, 'the columns', 'some with values', 'none'))
}

function isEmpty(column: Column): boolean {
  for (let row = 0; row < column.length; row++) if (!column.isGap(row)) return false
  return true
}

function specFor(column: Column): Transformer[] {
  const filled = new SimpleImputer({ strategy: 'median', addIndicator: true })
  switch (column.type) {
    case 'number':
      return [filled, new StandardScaler()]
    case 'date':
      return [filled, new DatetimeEncoder(), new StandardScaler()]
    case 'text':
      return [new TfidfVectorizer({ maxFeatures: MOST_TERMS })]
    case 'category':
      return [
        new OneHotEncoder({ handleUnknown: 'infrequentIfExist', maxCategories: MOST_CATEGORIES }),
      ]
  }
}
