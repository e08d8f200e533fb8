import { version } from '../version.js'
import { type ProblemCode, STATUS } from './problems.js'
import { LARGEST } from './rows.js'
import type { ServedColumn } from './served-model.js'

/** So many categories of a column are listed. */
const MOST_CATEGORIES = 1000

export type Json = Readonly<Record<string, unknown>>

/**
 * A description in OpenAPI 3.1 of these paths, and of /health.
 *
 * @see https://spec.openapis.org/oas/v3.1.0
 */
export function documentOf(title: string, about: string, paths: Json, schemas: Json): Json {
  const health = {
    operationId: 'health',
    summary: 'Whether the service answers',
    responses: { 200: json('It does', ref('Health')), ...hostFailure },
  }
  return {
    openapi: '3.1.0',
    info: { title, version, description: `${about} Served by gradlane.` },
    paths: { ...paths, '/health': { get: health } },
    components: { schemas: { ...schemas, ...SHARED } },
  }
}

export function rowSchema(columns: readonly ServedColumn[]): Json {
  return {
    type: 'object',
    properties: byName(columns.map((column) => [column.name, schemaOf(column)])),
    required: columns.map(({ name }) => name),
    additionalProperties: false,
  }
}

export const PLACE = { row: { type: 'integer', minimum: 0 }, column: { type: 'string' } }

const SHARED: Json = {
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
            ...PLACE,
          },
          required: ['code', 'message'],
        },
      },
    },
    required: ['errors'],
  },
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

export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

export const json = (description: string, schema: Json): Json => ({
  description,
  content: { 'application/json': { schema } },
})

export const body = (schema: Json): Json => ({
  required: true,
  content: { 'application/json': { schema } },
})

function failure(description: string, ...codes: ProblemCode[]): Json {
  return json(`${description} (${codes.join(', ')})`, ref('Problems'))
}

const hostFailure = { 421: failure('The request is for another host', 'ERR_HOST') }

export const failures = {
  400: failure(
    'What is wrong with the rows, by row and column',
    ...(Object.keys(STATUS) as ProblemCode[]).filter((code) => STATUS[code] === 400),
  ),
  413: failure('The body is too large', 'ERR_BODY_SIZE'),
  415: failure('The body is no application/json', 'ERR_MEDIA_TYPE'),
  ...hostFailure,
}

/** Without a prototype, for a name may be __proto__. */
export function byName(entries: readonly (readonly [string, Json])[]): Json {
  const object = Object.create(null) as Record<string, Json>
  for (const [name, value] of entries) object[name] = value
  return object
}
