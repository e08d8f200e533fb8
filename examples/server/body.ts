// The body of a request as JSON, within limits.
import type { IncomingMessage } from 'node:http'

import { limits, Refusal } from './limits.js'

let reading = 0

/**
 * @throws Refusal 413 for a body of more than `most` bytes, 503 when too much is being read already,
 *   400 when it is no JSON object.
 */
export async function bodyOf(
  request: IncomingMessage,
  most: number,
): Promise<Record<string, unknown>> {
  const tooLarge = new Refusal(413, 'ERR_TOO_LARGE', `the body has more than ${most} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge
  const chunks: Buffer[] = []
  let length = 0
  try {
    // The request stays readable: destroying it would take the answer along.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const { byteLength } = chunk as Buffer
      length += byteLength
      reading += byteLength
      if (length > most) throw tooLarge
      if (reading > limits.bytesAtOnce) {
        throw new Refusal(503, 'ERR_BUSY', 'too many bodies at once; try again')
      }
      chunks.push(chunk as Buffer)
    }
  } finally {
    reading -= length
  }
  return parsed(Buffer.concat(chunks).toString('utf8'))
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Refusal(400, 'ERR_JSON', `the body is no JSON: ${(error as Error).message}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new Refusal(400, 'ERR_JSON', 'the body has to be a JSON object')
}
