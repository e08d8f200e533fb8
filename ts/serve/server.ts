import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { peer } from '../peer.js'
import { version } from '../version.js'
import { assets } from './assets.js'
import { answerNoRequest } from './no-request.js'
import { type Problem, type ProblemCode, RequestError, STATUS } from './problems.js'
import type { Service } from './service.js'

export interface ServerOptions {
  /** Bytes of a request. */
  readonly bodyLimit: number
  /** Names by which the server may be called, without ports; null for any. */
  readonly hosts: readonly string[] | null
  /** Is told of what went wrong inside. */
  readonly onError: (error: unknown) => void
}

const PAGES = ['/', '/page.css', '/page.js', '/health', '/openapi.json']

const USUAL = ['GET', 'HEAD', 'POST']

/** Nothing but what this server sends is run, shown or asked for, and no other page may frame it. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Milliseconds in which a request has to have come whole. */
const REQUEST_TIMEOUT = 30_000

/**
 * The server of a service, which does not listen yet.
 *
 * @throws AssetNotFoundError with what to install, where Fastify is not there.
 */
export async function serverOf(
  { description, page, posts }: Service,
  { bodyLimit, hosts, onError }: ServerOptions,
): Promise<FastifyInstance> {
  const { fastify } = await loadFastify()
  const methods = new Map(PAGES.map((path) => [path, 'GET, HEAD']))
  for (const path of posts.keys()) methods.set(path, 'POST')
  const answerError = (error: unknown, reply: FastifyReply): FastifyReply => {
    const problems = problemsOf(error, onError)
    return reply.code(STATUS[problems[0]!.code]).send({ errors: problems })
  }
  const app = fastify({
    bodyLimit,
    requestTimeout: REQUEST_TIMEOUT,
    frameworkErrors: (error, _request, reply) => void answerError(error, reply),
    clientErrorHandler: (error, socket) => {
      answerNoRequest(error, socket, HEADERS)
    },
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, JSON.parse(text as string))
    } catch {
      done(requestError('ERR_JSON', 'the body is not JSON'))
    }
  })
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(HEADERS)
    const host = hostOf(request.headers.host)
    const isKnown = hosts === null || (host !== null && hosts.includes(host))
    if (isKnown) checkMethod(methods, request, reply, done)
    else done(requestError('ERR_HOST', 'this server does not answer to that host'))
  })
  app.setErrorHandler((error, _request, reply) => answerError(error, reply))
  app.setNotFoundHandler(() => {
    throw nothing()
  })

  app.get('/health', () => ({ status: 'ok', version }))
  app.get('/openapi.json', () => description)
  for (const [path, answer] of posts) app.post(path, ({ body }) => answer(body))

  const { style, script } = assets()
  app.get('/', (_request, reply) => reply.type('text/html; charset=utf-8').send(page))
  app.get('/page.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style))
  app.get('/page.js', (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(script),
  )
  return app
}

/** Before the body is looked at, which may not suit the method. */
function checkMethod(
  allowed: ReadonlyMap<string, string>,
  { url, method }: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const methods = allowed.get(url.split('?', 1)[0]!)
  if (methods?.split(', ').includes(method) === false) {
    void reply.header('allow', methods)
    done(requestError('ERR_METHOD', `this takes ${methods}`))
  } else if (methods === undefined && !USUAL.includes(method)) done(nothing())
  else done()
}

function nothing(): RequestError {
  return requestError('ERR_NOT_FOUND', 'there is nothing here')
}

function loadFastify(): Promise<Pick<typeof import('fastify'), 'fastify'>> {
  const fix = 'npx -p gradlane -p fastify gradlane serve …, or npm install fastify beside gradlane'
  return peer('serving', 'fastify', fix)
}

function requestError(code: ProblemCode, message: string): RequestError {
  return new RequestError([{ code, message }])
}

/** The name in a Host header, without the port; null where it makes no sense. */
function hostOf(header: string | undefined): string | null {
  const [, name] = /^(\[[\da-f:.]+\]|[^:[\]/@]+)(?::\d+)?$/i.exec(header ?? '') ?? []
  return name?.toLowerCase() ?? null
}

/** Fastify's own errors by the codes of this service. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'ERR_BODY_SIZE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'ERR_MEDIA_TYPE',
  ERR_VALUE: 'ERR_VALUE', // the model's word on what it was given
  ERR_NOT_FINITE: 'ERR_NOT_FINITE',
}

function problemsOf(error: unknown, onError: (error: unknown) => void): readonly Problem[] {
  if (error instanceof RequestError) return error.problems
  const { code, message, statusCode } = error as Error & { code?: string; statusCode?: number }
  const known = code === undefined ? undefined : CODES[code]
  if (known !== undefined) return [{ code: known, message }]
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return [{ code: 'ERR_REQUEST', message }]
  onError(error)
  return [{ code: 'ERR_INTERNAL', message: 'something went wrong here' }]
}
