import { show } from '../show.js'
import {
  body,
  byName,
  documentOf,
  failures,
  json,
  type Json,
  PLACE,
  ref,
  rowSchema,
} from './openapi-parts.js'
import type { ServedModel } from './served-model.js'

/** The description of the service in OpenAPI 3.1, with the model's own columns. */
export function openApiOf(model: ServedModel, maxRows: number): Json {
  const { title, target, columns, classes } = model
  const rowOrRows = {
    oneOf: [ref('Row'), { type: 'array', items: ref('Row'), minItems: 1, maxItems: maxRows }],
  }
  const answer = {
    oneOf: [ref('Prediction'), { type: 'array', items: ref('Prediction') }],
  }
  const paths = {
    '/predict': {
      post: {
        operationId: 'predict',
        summary: `Predict ${show(target)} for one row or for many`,
        requestBody: body(rowOrRows),
        responses: {
          200: json('A prediction for each row, in their order', answer),
          ...failures,
        },
      },
    },
    '/explain': {
      post: {
        operationId: 'explain',
        summary: 'Predict for one row, with what each column adds to that',
        requestBody: body(ref('Row')),
        responses: { 200: json('The prediction and why', ref('Explanation')), ...failures },
      },
    },
  }
  const schemas = { Row: rowSchema(columns), ...answers(target, classes) }
  return documentOf(title, `Predicts ${show(target)}.`, paths, schemas)
}

function answers(target: string, classes: readonly string[] | null): Json {
  const description = classes === null ? `In the unit of ${show(target)}` : 'The likeliest class'
  const prediction = {
    ...(classes === null ? { type: 'number' } : { type: 'string', enum: classes }),
    description,
  }
  const share = { type: 'number', minimum: 0, maximum: 1 }
  const probabilities = {
    type: 'object',
    properties: byName((classes ?? []).map((name) => [name, share])),
    required: classes ?? [],
    additionalProperties: false,
  }
  const properties = {
    prediction,
    ...(classes !== null && { probabilities }),
    warnings: { type: 'array', items: ref('Warning') },
  }
  const required = ['prediction', ...(classes === null ? [] : ['probabilities'])]
  return {
    Prediction: { type: 'object', properties, required },
    Explanation: {
      type: 'object',
      properties: {
        ...properties,
        of: { type: 'string', description: 'What is explained' },
        value: { type: 'number', description: 'That of the row' },
        baseline: { type: 'number', description: 'That of a usual row' },
        contributions: {
          type: 'array',
          items: {
            type: 'object',
            properties: { column: { type: 'string' }, contribution: { type: 'number' } },
            required: ['column', 'contribution'],
          },
        },
      },
      required: [...required, 'of', 'value', 'baseline', 'contributions'],
    },
    Warning: {
      type: 'object',
      properties: { message: { type: 'string' }, ...PLACE },
      required: ['message', 'row', 'column'],
    },
  }
}
