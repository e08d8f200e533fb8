import { answerTo, explanationOf } from './answers.js'
import { openApiOf } from './openapi.js'
import type { Json } from './openapi-parts.js'
import { pageOf } from './page.js'
import { checkRows } from './rows.js'
import type { ServedModel } from './served-model.js'

/** What a server answers with; it knows nothing else of a model. */
export interface Service {
  /** In OpenAPI. */
  readonly description: Json
  /** HTML for `/`. */
  readonly page: string
  /** What is made of the body that was posted, by path. */
  readonly posts: ReadonlyMap<string, (body: unknown) => unknown>
}

/** A model of rows: a prediction for each, and why. @param maxRows Of a request. */
export function rowsService(model: ServedModel, maxRows: number): Service {
  return {
    description: openApiOf(model, maxRows),
    page: pageOf(model),
    posts: new Map([
      [
        '/predict',
        async (body) => {
          const answers = await answerTo(model, checkRows(model, body, maxRows))
          return Array.isArray(body) ? answers : answers[0]
        },
      ],
      ['/explain', async (body) => explanationOf(model, checkRows(model, body, 1))],
    ]),
  }
}
