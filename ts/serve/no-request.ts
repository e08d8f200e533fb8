import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

import { type ProblemCode, STATUS } from './problems.js'

type Refusal = readonly [code: ProblemCode, message: string]

/** What Node's parser gives up at. */
const REFUSALS = new Map<string | undefined, Refusal>([
  ['HPE_INVALID_METHOD', ['ERR_METHOD_UNKNOWN', 'there is no such method']],
  ['HPE_HEADER_OVERFLOW', ['ERR_HEADER_SIZE', 'the headers are too large']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['ERR_TIMEOUT', 'the request took too long to arrive']],
])
const OTHERS: Refusal = ['ERR_REQUEST', 'this is no request of HTTP']

/** Answers what no request was made of, with these headers, and ends the connection. */
export function answerNoRequest(
  { code }: { readonly code?: string },
  socket: Socket,
  headers: Readonly<Record<string, string>>,
): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [problem, message] = REFUSALS.get(code) ?? OTHERS
  const status = STATUS[problem]
  const body = JSON.stringify({ errors: [{ code: problem, message }] })
  const all = {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]!}`, ...lines, '', body].join('\r\n'))
}
