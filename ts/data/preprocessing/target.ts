import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { choice, type Options, readOptions } from '../../options.js'
import type { Column } from '../table/column.js'
import type { ColumnInput } from '../table/table.js'
import { asCategories } from './cells.js'
import { targetColumn } from './target-column.js'
import { LabelEncoder } from './label-encoder.js'
import { TargetScaler } from './target-scaler.js'
import type { Task } from './target-encoding.js'

export interface TargetForOptions {
  /** Default: classification for categories and for numbers of which there are two, else regression. */
  task?: Task
}

const OPTIONS = {
  task: choice(['classification', 'regression']),
} satisfies Options<TargetForOptions>

/**
 * The encoding that suits a column, fitted to it: `LabelEncoder` or `TargetScaler`.
 *
 * @throws ValueError for a column with gaps, of one class or one number, or of dates or texts.
 *
 * @example
 * data.targetFor(['a', 'b', 'a']).transform(['b']).toArray() // [1]
 */
export function targetFor(
  column: ColumnInput,
  options: TargetForOptions = {},
): LabelEncoder | TargetScaler {
  checkArguments('targetFor', 2, arguments)
  const { task } = readOptions('targetFor', OPTIONS, options)
  const target = targetColumn('targetFor', column)
  const chosen = task ?? taskOf(target)
  return (chosen === 'classification' ? new LabelEncoder() : new TargetScaler()).fit(target)
}

function taskOf(column: Column): Task {
  if (column.type === 'category') return 'classification'
  if (column.type !== 'number') {
    const hint = 'pass { task } or make it a category'
    throw new ValueError(
      complaint('targetFor', 'the target', 'numbers or categories', column.type, hint),
    )
  }
  return asCategories(column).categories.length === 2 ? 'classification' : 'regression'
}
