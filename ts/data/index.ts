export { DataLoader, type DataLoaderOptions } from './data-loader.js'
export type { Dataset } from './dataset.js'
export { randomSplit, type RandomSplitOptions, type Splits } from './random-split.js'
export { Subset } from './subset.js'
export { type PerColumn, TensorDataset, type TensorDatasetOptions } from './tensor-dataset.js'
export {
  CategoryColumn,
  type Cell,
  type Column,
  type ColumnType,
  DateColumn,
  NumberColumn,
  TextColumn,
} from './table/column.js'
export {
  type ColumnInput,
  type Row,
  type RowInput,
  Table,
  type TableOptions,
} from './table/table.js'
