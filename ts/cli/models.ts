import { data, FormatError, io } from '../index.js'

/** The model of a file, and the types of its columns for who reads rows. */
export async function loadPipeline(
  file: string,
): Promise<{ pipeline: data.Pipeline; types: Record<string, data.ColumnType> }> {
  const pipeline = await data.Pipeline.load(file).catch((error: unknown) => {
    if (!(error instanceof FormatError) || file.endsWith('.safetensors')) throw error
    throw new FormatError(`${error.message}; is ${file} a model's file?`)
  })
  const types = pipeline.describe().columns.map(({ name, type }) => [name, type] as const)
  return { pipeline, types: Object.fromEntries(types) }
}

/** The forecaster of a file; null where it holds something else, or nothing that can be read. */
export async function loadForecaster(file: string): Promise<data.Forecaster | null> {
  const found = await io.readModel(file).catch(() => null)
  const forecasts = found !== null && Object.hasOwn(found.extra, 'forecaster')
  return forecasts ? data.Forecaster.load(file) : null
}
