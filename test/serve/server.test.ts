import { expect } from 'chai'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'

import { ValueError } from '../../ts/errors.js'
import { serverOf } from '../../ts/serve/server.js'
import { rowsService } from '../../ts/serve/service.js'
import type { ServedModel } from '../../ts/serve/served-model.js'
import { hostile, hostileNames, summing } from '../support/served-model.js'

interface Answer {
  readonly status: number
  readonly body: unknown
}

describe('serve: over HTTP', () => {
  const seen: unknown[] = []
  const opened: FastifyInstance[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((app) => app.close()))
    seen.length = 0
  })

  async function open(model: ServedModel, hosts: readonly string[] | null = null) {
    const onError = (error: unknown): void => void seen.push(error)
    const app = await serverOf(rowsService(model, 3), { bodyLimit: 2000, hosts, onError })
    opened.push(app)
    return app
  }

  async function ask(app: FastifyInstance, options: InjectOptions): Promise<Answer> {
    const response = await app.inject(options)
    return { status: response.statusCode, body: JSON.parse(response.payload) as unknown }
  }

  const post = (url: string, payload: unknown, headers = {}): InjectOptions => ({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  })

  const row = { bill: 39.1, island: 'Dream', seen: '2024-05-31', note: null }

  it('answers a row with a prediction, and rows with one for each, in their order', async () => {
    const app = await open(summing)
    const one = await ask(app, post('/predict', { ...row, seen: null }))
    expect(one).to.deep.equal({ status: 200, body: { prediction: 44.1 } })
    const many = await ask(app, post('/predict', [row, { ...row, bill: 0, seen: null }]))
    expect(many.body).to.deep.equal([
      { prediction: 44.1 + Date.UTC(2024, 4, 31) / 1e12 },
      { prediction: 5 },
    ])
  })

  it('takes a time without a zone for UTC, as the readers of tables do', async () => {
    const app = await open(summing)
    const seconds = Date.UTC(2024, 4, 31, 12) / 1e12
    for (const seen of [
      '2024-05-31T12:00',
      '2024-05-31T14:00:00+02:00',
      '2024-05-31T12:00:00.0Z',
    ]) {
      const { body } = await ask(app, post('/predict', { ...row, bill: 0, island: null, seen }))
      expect(body, seen).to.deep.equal({ prediction: seconds })
    }
  })

  it('tells what each column adds', async () => {
    const app = await open(summing)
    const { body } = await ask(app, post('/explain', { ...row, seen: null }))
    expect(body).to.deep.equal({
      prediction: 44.1,
      of: 'mass',
      value: 44.1,
      baseline: 0,
      contributions: [
        { column: 'bill', contribution: 39.1 },
        { column: 'island', contribution: 5 },
        { column: 'seen', contribution: 0 },
        { column: 'note', contribution: 0 },
      ],
    })
  })

  it('names every column that does not fit, with its row and a code', async () => {
    const app = await open(summing)
    const { status, body } = await ask(
      app,
      post('/predict', [
        row,
        { bil: 1, island: ['Dream'], seen: '31.5.2024', note: 'x' },
        { ...row, bill: '39.1', mass: 3 },
      ]),
    )
    expect(status).to.equal(400)
    const { errors } = body as { errors: Record<string, unknown>[] }
    expect(errors.map(({ code, row, column }) => [code, row, column])).to.have.deep.members([
      ['ERR_COLUMN_UNKNOWN', 1, 'bil'],
      ['ERR_COLUMN_MISSING', 1, 'bill'],
      ['ERR_VALUE', 1, 'island'],
      ['ERR_VALUE', 1, 'seen'],
      ['ERR_COLUMN_UNKNOWN', 2, 'mass'],
      ['ERR_VALUE', 2, 'bill'],
    ])
    expect(errors[0]!['message']).to.include("did you mean 'bill'?")
    expect(JSON.stringify(errors)).to.include('is what the model predicts; leave it out')
    expect(JSON.stringify(errors)).to.include(
      "expected 'bill' to be a number of at most 1e+30 in size, or null, got",
    )
  })

  it('takes no numbers that are infinite, no dates that are none', async () => {
    const app = await open(summing)
    const text = JSON.stringify(row)
    for (const [given, column] of [
      [text.replace('39.1', '1e999'), 'bill'],
      [text.replace('39.1', '-1e31'), 'bill'],
      [text.replace('2024-05-31', '2024-13-31'), 'seen'],
      [text.replace('39.1', 'true'), 'bill'],
      [text.replace('"Dream"', '{"toString":1}'), 'island'],
    ] as const) {
      const { status, body } = await ask(app, post('/predict', given))
      expect(status, given).to.equal(400)
      expect(body).to.have.nested.property('errors[0].column', column)
    }
  })

  it('warns of a category that the training had not', async () => {
    const app = await open(summing)
    const { status, body } = await ask(app, post('/predict', [row, { ...row, island: 'Mars' }]))
    expect(status).to.equal(200)
    expect((body as object[])[0]).to.not.have.property('warnings')
    expect(body).to.have.deep.nested.property('[1].warnings', [
      { message: "'Mars' did not occur in the training", row: 1, column: 'island' },
    ])
  })

  it('warns of a number that is far from those of the training', async () => {
    const app = await open(summing)
    const { body } = await ask(app, post('/predict', { ...row, bill: 61 }))
    expect(body).to.have.nested.property(
      'warnings[0].message',
      "61 is outside of the training's 0 to 60",
    )
  })

  it('refuses a prediction that is no number, as JSON has none for it', async () => {
    const app = await open(summing)
    const { status, body } = await ask(app, post('/predict', [row, { ...row, bill: 1e29 }]))
    expect(status).to.equal(400)
    expect(body).to.have.nested.property('errors[0].code', 'ERR_NOT_FINITE')
    expect(body).to.have.nested.property('errors[0].row', 1)
  })

  it('refuses by code what is no request for it', async () => {
    const app = await open(summing)
    const cases: [InjectOptions, number, string][] = [
      [post('/predict', '{"bill":'), 400, 'ERR_JSON'],
      [post('/predict', ''), 400, 'ERR_JSON'],
      [post('/predict', []), 400, 'ERR_ROWS'],
      [post('/predict', [row, row, row, row]), 400, 'ERR_ROWS'],
      [post('/predict', 'null'), 400, 'ERR_ROWS'],
      [post('/predict', [row, 7]), 400, 'ERR_ROWS'],
      [post('/explain', [row, row]), 400, 'ERR_ROWS'],
      [post('/predict', { ...row, note: 'x'.repeat(2000) }), 413, 'ERR_BODY_SIZE'],
      [post('/predict', row, { 'content-type': 'text/plain' }), 415, 'ERR_MEDIA_TYPE'],
      [{ method: 'POST', url: '/predict' }, 400, 'ERR_ROWS'],
      [{ method: 'GET', url: '/predict' }, 405, 'ERR_METHOD'],
      [{ method: 'DELETE', url: '/health?x=1' }, 405, 'ERR_METHOD'],
      [{ method: 'QUERY', url: '/predict' }, 405, 'ERR_METHOD'],
      [{ method: 'QUERY', url: '/nothing' }, 404, 'ERR_NOT_FOUND'],
      [{ method: 'OPTIONS', url: '/' }, 405, 'ERR_METHOD'],
      [{ method: 'PUT', url: '/nothing' }, 404, 'ERR_NOT_FOUND'],
      [{ method: 'POST', url: '/nothing' }, 404, 'ERR_NOT_FOUND'],
      [{ method: 'GET', url: '/../etc/passwd' }, 404, 'ERR_NOT_FOUND'],
      [{ method: 'GET', url: '/constructor' }, 404, 'ERR_NOT_FOUND'],
      [{ method: 'GET', url: '/%zz' }, 400, 'ERR_REQUEST'],
    ]
    for (const [request, status, code] of cases) {
      const answer = await ask(app, request)
      expect(answer.status, `${code} ${JSON.stringify(request)}`).to.equal(status)
      expect(answer.body).to.have.nested.property('errors[0].code', code)
    }
    expect(seen).to.deep.equal([])
  })

  it('says what a path takes instead', async () => {
    const app = await open(summing)
    const allow = async (method: string, url: string): Promise<unknown> =>
      (await app.inject({ method: method as 'GET', url })).headers['allow']
    expect(await allow('QUERY', '/predict')).to.equal('POST')
    expect(await allow('POST', '/health')).to.equal('GET, HEAD')
    expect(await allow('QUERY', '/')).to.equal('GET, HEAD')
    expect(await allow('GET', '/nothing')).to.equal(undefined)
  })

  it('answers what is no request of HTTP in the same form', async () => {
    const app = await open(summing)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const cases: [string, number, string][] = [
      ['FOO /predict HTTP/1.1\r\nhost: localhost\r\n\r\n', 501, 'ERR_METHOD_UNKNOWN'],
      ['hello\r\n\r\n', 501, 'ERR_METHOD_UNKNOWN'],
      ['GET / HTTP/7\r\n\r\n', 400, 'ERR_REQUEST'],
      [`GET / HTTP/1.1\r\nx: ${'x'.repeat(1 << 15)}\r\n\r\n`, 431, 'ERR_HEADER_SIZE'],
    ]
    for (const [request, status, code] of cases) {
      const socket = connect(port, '127.0.0.1')
      socket.end(request)
      const [head, body] = (await text(socket)).split('\r\n\r\n')
      expect(head, code).to.match(new RegExp(`^HTTP/1.1 ${status} `))
      expect(head).to.match(/x-content-type-options: nosniff/)
      expect(head).to.include(`content-length: ${body!.length}`)
      expect(JSON.parse(body!)).to.have.nested.property('errors[0].code', code)
    }
    expect(seen).to.deep.equal([])
  })

  it('tells nobody outside what went wrong inside', async () => {
    const broken: ServedModel = {
      ...summing,
      predict: () => {
        throw new TypeError('secret of /home/user')
      },
    }
    const { status, body } = await ask(await open(broken), post('/predict', row))
    expect(status).to.equal(500)
    expect(JSON.stringify(body)).to.include('ERR_INTERNAL').and.not.include('secret')
    expect(seen).to.have.length(1)
  })

  it("passes on the model's own word on its rows", async () => {
    const picky: ServedModel = {
      ...summing,
      predict: () => {
        throw new ValueError('no gaps here')
      },
    }
    const { status, body } = await ask(await open(picky), post('/predict', row))
    expect({ status, body }).to.deep.equal({
      status: 400,
      body: { errors: [{ code: 'ERR_VALUE', message: 'no gaps here' }] },
    })
  })

  it('answers to its own names alone, so that no page elsewhere reads it under another one', async () => {
    const app = await open(summing, ['localhost', '127.0.0.1', '[::1]'])
    const health = (host: string): InjectOptions => ({ url: '/health', headers: { host } })
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:8080', 'LOCALHOST']) {
      expect(await ask(app, health(host)), host).to.have.nested.property('body.status', 'ok')
    }
    for (const host of ['evil.example', 'localhost.evil.example', 'x@localhost', '[::2]']) {
      const answer = await ask(app, health(host))
      expect(answer, host).to.have.property('status', 421)
      expect(answer).to.have.nested.property('body.errors[0].code', 'ERR_HOST')
    }
  })

  it('forbids with each answer what a page could be made to do', async () => {
    const app = await open(summing)
    for (const url of ['/', '/page.js', '/health', '/nothing']) {
      const { headers } = await app.inject(url)
      expect(headers['content-security-policy'], url).to.include("default-src 'none'")
      expect(headers['content-security-policy']).to.not.include('unsafe')
      expect(headers['x-content-type-options']).to.equal('nosniff')
      expect(headers).to.not.have.property('access-control-allow-origin')
    }
  })

  it('treats hostile names as names', async () => {
    const app = await open(hostile)
    const text = `{${hostileNames
      .map((name, i) => `${JSON.stringify(name)}:${i < 2 ? JSON.stringify(name) : i}`)
      .join(',')}}`
    const response = await app.inject(post('/predict', text))
    expect(response.statusCode, response.payload).to.equal(200)
    // An own property, as JSON.parse makes it.
    const { probabilities } = JSON.parse(response.payload) as { probabilities: object }
    expect(Object.keys(probabilities)).to.deep.equal(hostileNames.slice(0, 3))
    expect(Object.prototype).to.not.have.property('polluted')
    const without = await ask(app, post('/predict', text.replace('"__proto__":', '"x":')))
    expect(without.body).to.have.nested.property('errors[1].column', '__proto__')
    const page = (await app.inject('/')).payload
    expect(page).to.not.include('<img').and.not.include('<script>')
  })

  it('describes the columns of its model', async () => {
    const app = await open(summing)
    const { body } = await ask(app, { url: '/openapi.json' })
    expect(body).to.have.property('openapi', '3.1.0')
    expect(body)
      .to.have.nested.property('components.schemas.Row.required')
      .deep.equal(['bill', 'island', 'seen', 'note'])
    const island = 'components.schemas.Row.properties.island'
    expect(body).to.have.nested.property(`${island}.examples`).deep.equal(['Biscoe', 'Dream'])
    const { body: named } = await ask(await open(hostile), { url: '/openapi.json' })
    const { components } = named as {
      components: { schemas: { Row: { properties: object } } }
    }
    expect(Object.keys(components.schemas.Row.properties)).to.deep.equal(hostileNames)
  })
})
