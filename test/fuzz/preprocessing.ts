/** Transformers that are fitted, and what fits them. */
import { data, ones, tensor, ValueError } from '../../ts/index.js'
import type { Draw } from './draw.js'

const table = (): data.Table =>
  new data.Table({
    size: [1, 2, null, 4],
    kind: ['a', 'b', 'a', null],
    day: [new Date(0), new Date(1e9), new Date(2e9), new Date(3e9)],
    note: ['it is a gull', 'it is a tern', 'here is none at all', 'a gull and a tern'],
  })

const numbers = (): data.Column => table().column('size')
const kinds = (): data.Column => table().column('kind')

const columns = (draw: Draw): data.ColumnTransformer =>
  draw.oneIn(2)
    ? data.ColumnTransformer.for(table())
    : new data.ColumnTransformer({
        size: [new data.SimpleImputer(), new data.RobustScaler()],
        kind: new data.EmbeddingEncoder(),
      })

/** A transformer of a user's own. */
export class Halved extends data.CustomTransformer {
  override compute(column: unknown): Float64Array[] {
    if (!(column instanceof data.NumberColumn)) throw new ValueError('no column of numbers')
    return [column.values.map((value) => value / 2)]
  }
}
data.registerTransformer('Halved', Halved)

const makers: Record<string, (draw: Draw) => data.Transformer> = {
  StandardScaler: () => new data.StandardScaler(),
  MinMaxScaler: (draw) => new data.MinMaxScaler({ clip: draw.oneIn(2) }),
  RobustScaler: () => new data.RobustScaler(),
  SimpleImputer: (draw) => new data.SimpleImputer({ addIndicator: draw.oneIn(2) }),
  OneHotEncoder: () => new data.OneHotEncoder({ maxCategories: 2 }),
  OrdinalEncoder: () => new data.OrdinalEncoder(),
  EmbeddingEncoder: () => new data.EmbeddingEncoder(),
  DatetimeEncoder: () => new data.DatetimeEncoder(),
  CountVectorizer: () => new data.CountVectorizer(),
  TfidfVectorizer: () => new data.TfidfVectorizer(),
  HashingVectorizer: () => new data.HashingVectorizer({ nFeatures: 4 }),
}

/** What a transformer, of columns or of targets, is fitted to. */
function fittedTo(receiver: unknown): data.Table | data.Column | string[] | number[] {
  if (receiver instanceof data.ColumnTransformer) return table()
  if (receiver instanceof data.LabelEncoder) return ['a', 'b', 'a']
  if (receiver instanceof data.TargetScaler) return [1, 2, 4]
  const texts = [data.CountVectorizer, data.TfidfVectorizer, data.HashingVectorizer]
  if (texts.some((kind) => receiver instanceof kind)) return table().column('note')
  if (receiver instanceof data.DatetimeEncoder) return table().column('day')
  const categories = [data.OneHotEncoder, data.OrdinalEncoder, data.EmbeddingEncoder]
  return categories.some((kind) => receiver instanceof kind) ? kinds() : numbers()
}

const any = (draw: Draw): data.Transformer => {
  const made = draw.pick(Object.values(makers))(draw)
  return made.fit(fittedTo(made))
}

/** By the names of classes: fitted, most of the time. */
export const preprocessing: Record<string, (draw: Draw) => object> = {
  'data.ColumnTransformer': (draw) => (draw.oneIn(4) ? columns(draw) : columns(draw).fit(table())),
  'data.LabelEncoder': () => new data.LabelEncoder().fit(['a', 'b', 'c']),
  'data.TargetScaler': () => new data.TargetScaler().fit([1, 2, 4]),
  'data.Transformer': any,
  'data.TensorTransformer': any,
  'data.NumberTransformer': () => new data.StandardScaler().fit(numbers()),
  'data.Encoder': () => new data.OneHotEncoder().fit(kinds()),
  'data.CustomTransformer': () => new Halved().fit(numbers()),
  ...Object.fromEntries(
    Object.entries(makers).map(([name, make]) => {
      const fitted = (draw: Draw): object => {
        const made = make(draw)
        return draw.oneIn(4) ? made : made.fit(fittedTo(made))
      }
      return [`data.${name}`, fitted]
    }),
  ),
}

type Recipe = (draw: Draw, plausible: unknown, receiver: unknown) => unknown[]

/** What it can be fitted to. */
export const fitting: Recipe = (_draw, _plausible, receiver) => [fittedTo(receiver)]

/** What goes back. */
const goingBack: Recipe = (_draw, _plausible, receiver) => {
  if (receiver instanceof data.LabelEncoder) return [tensor([0, 1, 2], { dtype: 'int32' })]
  if (receiver instanceof data.TargetScaler) return [ones([3, 1])]
  if (receiver instanceof data.ColumnTransformer) return [ones([2, receiver.outputWidth])]
  return [ones([2, (receiver as data.Transformer).getFeatureNamesOut().length])]
}

/** By path first, then by the name of a method. */
export const preprocessingRecipes: Record<string, Recipe> = {
  transform: fitting,
  transformAsync: fitting,
  fitTransform: fitting,
  fitAsync: fitting,
  inverseTransform: goingBack,
  'data.LabelEncoder.decode': () => [ones([2, 3])],
  'data.TargetScaler.decode': () => [ones([2, 1])],
  'data.ColumnTransformer': () => [{ size: new data.StandardScaler(), kind: 'passthrough' }],
  'data.ColumnTransformer.fit': fitting,
  'data.CustomTransformer.learn': fitting,
  'data.CustomTransformer.compute': () => [numbers(), null],
  'data.CustomTransformer.outputNames': () => [null],
  'data.ColumnTransformer.unseen': () => [table()],
  'data.ColumnTransformer.fromConfig': (draw) => [columns(draw).config()],
  'data.ColumnTransformer.transformers': (_draw, _plausible, receiver) => [
    (receiver as data.ColumnTransformer).columnNames[0],
  ],
  'data.transformerFrom': (draw) => [any(draw).config()],
  'data.targetFrom': (draw) => [
    (draw.oneIn(2) ? new data.LabelEncoder() : new data.TargetScaler()).config(),
  ],
  'data.Transformer.getFeatureNamesOut': () => [],
  'data.StratifiedKFold.split': () => [4, ['a', 'a', 'b', 'b']],
  'data.TimeSeriesSplit.split': () => [100],
}
