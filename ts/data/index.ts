export { DataLoader, type DataLoaderOptions } from './data-loader.js'
export { classWeights, type ClassWeightsOptions } from './class-weights.js'
export type { AsyncDataset, Dataset } from './dataset.js'
export { ImageFolder, type ImageFolderOptions, type ImageSample } from './images/image-folder.js'
export type { ImageOptions } from './images/image-options.js'
export { readImage } from './images/read-image.js'
export {
  type ColumnValue,
  populationStability,
  type PopulationStabilityOptions,
} from './population-stability.js'
export { randomSplit, type RandomSplitOptions, type Splits } from './random-split.js'
export type { Sampler } from './sampler.js'
export { BucketSampler, type BucketSamplerOptions } from './sequences/bucket-sampler.js'
export { padCollate, type PadCollateOptions } from './sequences/pad-collate.js'
export { padSequence, type PadSequenceOptions } from './sequences/pad-sequence.js'
export {
  Vocabulary,
  type VocabularyBuildOptions,
  type VocabularyEncodeOptions,
  type VocabularyState,
} from './sequences/vocabulary.js'
export { loadTokenizer, Tokenizer } from './sequences/tokenizer.js'
export {
  type SeriesColumn,
  WindowDataset,
  windows,
  type WindowsOptions,
} from './sequences/windows.js'
export { Subset } from './subset.js'
export { type PerColumn, TensorDataset, type TensorDatasetOptions } from './tensor-dataset.js'
export { describe, type DescribeOptions } from './describe/describe.js'
export type { ColumnDescription, Description, TargetDescription } from './describe/description.js'
export type { ColumnSummary } from './describe/statistics.js'
export { type ArrowTable, fromArrow } from './read/from-arrow.js'
export type { ReadCsvOptions } from './read/csv-options.js'
export { TransformedDataset } from './transformed-dataset.js'
export {
  WeightedRandomSampler,
  type WeightedRandomSamplerOptions,
} from './weighted-random-sampler.js'
export { readCsv } from './read/read-csv.js'
export { readJsonLines, type ReadJsonLinesOptions } from './read/read-json-lines.js'
export type { ReadOptions } from './read/read-options.js'
export { readParquet, type ReadParquetOptions } from './read/read-parquet.js'
export { readRows, type ReadRowsOptions } from './read/read-rows.js'
export type { TableSource } from './read/source.js'
export type { DateOrder } from './table/dates.js'
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
export {
  ColumnTransformer,
  type ColumnTransformerConfig,
  type UnseenCategory,
  type LongOptions,
} from './preprocessing/column-transformer.js'
export type { CellOf, ColumnSpec, ColumnSpecs, RowOf } from './preprocessing/column-specs.js'
export type { EmbeddingPlace } from './preprocessing/embedding-module.js'
export type { TransformerConfig } from './preprocessing/fitted.js'
export { LabelEncoder } from './preprocessing/label-encoder.js'
export { OneHotEncoder, type OneHotEncoderOptions } from './preprocessing/one-hot-encoder.js'
export { CustomTransformer } from './preprocessing/custom-transformer.js'
export {
  registerTransformer,
  type RegisterTransformerOptions,
  targetFrom,
  transformerFrom,
} from './preprocessing/registry.js'
export {
  type Imputation,
  SimpleImputer,
  type SimpleImputerOptions,
} from './preprocessing/simple-imputer.js'
export { StandardScaler, type StandardScalerOptions } from './preprocessing/standard-scaler.js'
export type { Json, TransformerState } from './preprocessing/state.js'
export { targetFor, type TargetForOptions } from './preprocessing/target.js'
export type { TargetEncoding, Task } from './preprocessing/target-encoding.js'
export { TargetScaler } from './preprocessing/target-scaler.js'
export {
  Encoder,
  NumberTransformer,
  TensorTransformer,
  Transformer,
  type TransformerInput,
} from './preprocessing/transformer.js'
export type { PerRow } from './split/groups.js'
export { trainTestSplit, type TrainTestSplitOptions } from './split/train-test-split.js'
export { CountVectorizer, type CountVectorizerOptions } from './preprocessing/count-vectorizer.js'
export { DatetimeEncoder, type DatetimeEncoderOptions } from './preprocessing/datetime-encoder.js'
export {
  EmbeddingEncoder,
  type EmbeddingEncoderOptions,
} from './preprocessing/embedding-encoder.js'
export {
  HashingVectorizer,
  type HashingVectorizerOptions,
} from './preprocessing/hashing-vectorizer.js'
export { MinMaxScaler, type MinMaxScalerOptions } from './preprocessing/min-max-scaler.js'
export { OrdinalEncoder, type OrdinalEncoderOptions } from './preprocessing/ordinal-encoder.js'
export { RobustScaler, type RobustScalerOptions } from './preprocessing/robust-scaler.js'
export { TfidfVectorizer, type TfidfVectorizerOptions } from './preprocessing/tfidf-vectorizer.js'
export type { TextOptions } from './preprocessing/tokens.js'
export type { VocabularyOptions } from './preprocessing/vocabulary.js'
export type { Fold, Splittable } from './split/folds.js'
export { GroupKFold, type GroupKFoldOptions } from './split/group-k-fold.js'
export { KFold, type KFoldOptions } from './split/k-fold.js'
export { StratifiedKFold } from './split/stratified-k-fold.js'
export { TimeSeriesSplit, type TimeSeriesSplitOptions } from './split/time-series-split.js'
