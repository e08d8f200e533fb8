import { show } from '../show.js'
import { version } from '../version.js'
import { type ProblemCode, STATUS } from './problems.js'
import { LARGEST } from './rows.js'
import type { ServedColumn, ServedModel } from './served-model.js'

/** So many categories of a column are listed. */
const MOST_CATEGORIES = 1000

type Json = Readonly<Record<string, unknown>>

/**
 * The description of the service in OpenAPI 3.1, with the model's own columns.
 *
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function openApiOf(model: ServedModel, maxRows: number): Json {
  const { title, target, columns, classes } = model
  const rowOrRows = {
    oneOf: [ref('Row'), { type: 'array', items: ref('Row'), minItems: 1, maxItems: maxRows }],
  }
  const answer = {
    oneOf: [ref('Prediction'), { type: 'array', items: ref('Prediction') }],
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version,
      description: `Predicts ${show(target)}. Served by gradlane.`,
    },
    paths: {
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
      '/health': {
        get: {
          operationId: 'health',
          summary: 'Whether the service answers',
          responses: { 200: json('It does', ref('Health')), ...hostFailure },
        },
      },
    },
    components: {
      schemas: {
        Row: {
          type: 'object',
          properties: byName(columns.map((column) => [column.name, schemaOf(column)])),
          required: columns.map(({ name }) => name),
          additionalProperties: false,
        },
        ...answers(target, classes),
      },
    },
  }
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
  const place = { row: { type: 'integer', minimum: 0 }, column: { type: 'string' } }
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
      properties: { message: { type: 'string' }, ...place },
      required: ['message', 'row', 'column'],
    },
    Health: {
      type: 'object',
      properties: { status: { const: 'ok' }, version: { type: 'string' } },
      required: ['status', 'version'],
    },
    Problems: {
      type: 'object',
      properties: {
        errors: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              code: { type: 'string', enum: Object.keys(STATUS) },
              message: { type: 'string' },
              ...place,
            },
            required: ['code', 'message'],
          },
        },
      },
      required: ['errors'],
    },
  }
}

const TYPES = { number: 'number', category: 'string', text: 'string', date: 'string' }

function schemaOf({ type, categories, range }: ServedColumn): Json {
  // Categories may be numbers by their looks, so these are taken as texts.
  const kinds =
    type === 'category' || type === 'text' ? ['string', 'number', 'boolean'] : [TYPES[type]]
  return {
    type: [...kinds, 'null'],
    ...(type === 'date' && { anyOf: [{ format: 'date' }, { format: 'date-time' }] }),
    ...(type === 'number' && { minimum: -LARGEST, maximum: LARGEST }),
    ...(range !== undefined && { description: `From ${range[0]} to ${range[1]} in the training` }),
    ...(categories !== undefined && {
      description: 'One of those in examples; others are taken for unknown',
      examples: categories.slice(0, MOST_CATEGORIES),
    }),
  }
}

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

const json = (description: string, schema: Json): Json => ({
  description,
  content: { 'application/json': { schema } },
})

const body = (schema: Json): Json => ({
  required: true,
  content: { 'application/json': { schema } },
})

function failure(description: string, ...codes: ProblemCode[]): Json {
  return json(`${description} (${codes.join(', ')})`, ref('Problems'))
}

const hostFailure = { 421: failure('The request is for another host', 'ERR_HOST') }

const failures = {
  400: failure(
    'What is wrong with the rows, by row and column',
    ...(Object.keys(STATUS) as ProblemCode[]).filter((code) => STATUS[code] === 400),
  ),
  413: failure('The body is too large', 'ERR_BODY_SIZE'),
  415: failure('The body is no application/json', 'ERR_MEDIA_TYPE'),
  ...hostFailure,
}

/** Without a prototype, for a name may be __proto__. */
function byName(entries: readonly (readonly [string, Json])[]): Json {
  const object = Object.create(null) as Record<string, Json>
  for (const [name, value] of entries) object[name] = value
  return object
}
