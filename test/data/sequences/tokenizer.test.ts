import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { data, FormatError, io, nn, ValueError } from '../../../ts/index.js'
import { bytePairs, wordPieces } from '../../support/tokenizers.js'

const wrong = (value: unknown): never => value as never

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error as Error,
  )
}

describe('data.loadTokenizer', () => {
  it('takes byte pairs, and gives texts back as they were', async () => {
    const tokenizer = await data.loadTokenizer(bytePairs)
    expect(tokenizer.encode('so far,').toArray()).to.deep.equal([7, 10, 5])
    expect(tokenizer.encode('so').dtype).to.equal('int32')
    expect(tokenizer.encode('so<|endoftext|>far').toArray()).to.deep.equal([7, 12, 9])
    expect(tokenizer.encode('so far', { maxLength: 1 }).toArray()).to.deep.equal([7])
    expect(tokenizer.encode('sox').toArray(), 'without what is unknown').to.deep.equal([7])
    expect(tokenizer.encode('').shape).to.deep.equal([0])
    expect(tokenizer.decode(tokenizer.encode('so far , so'))).to.equal('so far , so')
    expect(tokenizer.decode([7, 12, 10])).to.equal('so far')
    expect(tokenizer.decode([])).to.equal('')
    const { size, padIndex, unknownIndex } = tokenizer
    expect([size, padIndex, unknownIndex]).to.deep.equal([13, null, null])
    const numbers = ['<|endoftext|>', '__proto__', 'constructor'].map((token) => tokenizer.indexOf(token)) // prettier-ignore
    expect(numbers).to.deep.equal([12, 11, null])
  })

  it('takes pieces of words, with tokens around a text', async () => {
    const tokenizer = await data.loadTokenizer(wordPieces)
    expect(tokenizer.encode('So FARTHER, bad').toArray()).to.deep.equal([4, 5, 6, 7, 0])
    expect(tokenizer.encode('good', { ends: true }).toArray()).to.deep.equal([1, 8, 2])
    expect(tokenizer.decode([1, 4, 5, 6, 2, 3])).to.equal('so farther')
    const { size, padIndex, unknownIndex } = tokenizer
    expect([size, padIndex, unknownIndex]).to.deep.equal([9, 3, 0])
    const texts = ['so far', 'good'].map((text) => tokenizer.encode(text, { ends: true }))
    const options = { batchFirst: true, paddingValue: padIndex! }
    expect(data.padSequence(texts, options).toArray()).to.deep.equal([[1, 4, 5, 2], [1, 8, 2, 3]]) // prettier-ignore
  })

  it('reads a file, and goes into that of a model', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradlane-tokenizer-'))
    try {
      const file = join(folder, 'tokenizer.json')
      writeFileSync(file, JSON.stringify(wordPieces))
      const tokenizer = await data.loadTokenizer(file)
      expect((await data.loadTokenizer(pathToFileURL(file))).size).to.equal(9)
      const model = new nn.Embedding(tokenizer.size, 2)
      const json = tokenizer.toJSON()
      const { extra } = await io.readModel(io.modelToBuffer(model, { extra: { tokenizer: { json } } })) // prettier-ignore
      const again = await data.loadTokenizer(extra['tokenizer']!.json as object)
      expect(again.toJSON()).to.deep.equal(wordPieces)
      expect(again.encode('farther').toArray()).to.deep.equal([5, 6])
      writeFileSync(file, '{"model":')
      const broken = await failure(data.loadTokenizer(file))
      expect(broken).to.be.instanceOf(FormatError)
      expect(broken.message).to.include('tokenizer.json')
      expect(await failure(data.loadTokenizer(join(folder, 'none')))).to.have.property('code', 'ENOENT') // prettier-ignore
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('refuses what is no tokenizer, no text, no number of a token', async () => {
    const { model, decoder, ...rest } = bytePairs
    expect(decoder.type).to.equal('ByteLevel')
    const round: object = { ...bytePairs, model: { in: () => round } }
    Object.assign(round, { round })
    const cases: [unknown, typeof FormatError | typeof ValueError, string][] = [
      [{}, FormatError, 'with a model'],
      [{ ...bytePairs, model: 7 }, FormatError, 'with a model'],
      [{ ...rest, model }, FormatError, 'decoder'],
      [{ ...bytePairs, model: { type: 'Magic' } }, FormatError, 'Magic'],
      [{ ...bytePairs, model: { ...model, vocab: { a: -1 } } }, FormatError, "-1 of 'a'"],
      [{ ...bytePairs, model: { ...model, vocab: { a: 'x' } } }, FormatError, "of 'a'"],
      [{ ...bytePairs, added_tokens: undefined }, FormatError, 'no tokenizer'],
      [{ ...bytePairs, added_tokens: [{ content: 'b', id: 2 ** 31 }] }, FormatError, "of 'b'"],
      [round, ValueError, 'no JSON'],
      [7, ValueError, 'a path or a file URL'],
      [null, ValueError, 'a path or a file URL'],
    ]
    for (const [source, kind, message] of cases) {
      const error = await failure(data.loadTokenizer(wrong(source)))
      expect(error, message).to.be.instanceOf(kind)
      expect(error.message).to.include(message)
    }
    const tokenizer = await data.loadTokenizer(bytePairs)
    expect(() => tokenizer.encode(wrong(null))).to.throw(ValueError, 'the text')
    for (const number of [-1, 13, 1.5, '4'])
      expect(() => tokenizer.decode(wrong([number]))).to.throw(ValueError, 'number 0')
  })
})
