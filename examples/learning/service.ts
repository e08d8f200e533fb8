// A model that learns while it serves: POST /predict has a row, POST /learn a row with its target.
import { createServer, type IncomingMessage, type Server } from 'node:http'

import { type data, GradlaneError, PageHinkley } from '../../ts/index.js'
import { bodyOf } from '../server/body.js'
import { limits, Refusal } from '../server/limits.js'

/** A server over a fitted pipeline. @param tell Takes what somebody should look at. */
export function serviceOf(model: data.Pipeline, tell: (message: string) => void): Server {
  const options = { replay: 500, drift: new PageHinkley({ threshold: 10 }) }
  let shifted = ''

  const learn = async (row: Record<string, unknown>): Promise<data.PipelinePartialFitResult> => {
    const told = await model.partialFit(row as data.RowInput, options)
    if (told.drift) tell(`the loss has risen: ${told.loss.toFixed(3)}`)
    for (const { column, category } of told.unseen) tell(`${column}: ${category} is new`)
    const columns = told.shifted.map(({ column }) => column).join(', ')
    if (columns !== shifted) tell(`not as in the training: ${columns || 'nothing any more'}`)
    shifted = columns
    return told
  }

  const answer = async (request: IncomingMessage): Promise<unknown> => {
    switch (`${request.method} ${request.url}`) {
      case 'GET /health':
        return model.describe().training
      case 'POST /predict': {
        const row = await bodyOf(request, limits.bytes)
        return { [model.target]: model.predict(row as data.RowInput) }
      }
      case 'POST /learn':
        return learn(await bodyOf(request, limits.bytes))
      case 'POST /rollback':
        return model.rollback()
      default:
        throw new Refusal(404, 'ERR_NOT_FOUND', 'there is no such path')
    }
  }

  return createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    answer(request).then(
      (value) => response.end(JSON.stringify(value ?? {})),
      (error: unknown) => {
        const known = error instanceof GradlaneError || error instanceof Refusal
        if (!known) console.error(error)
        response.statusCode = error instanceof Refusal ? error.status : known ? 400 : 500
        response.end(JSON.stringify(known ? { code: error.code, error: error.message } : {}))
      },
    )
  })
}
