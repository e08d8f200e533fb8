import { expect } from 'chai'

import { data, FormatError, io, nn, ValueError } from '../../../ts/index.js'

const wrong = (value: unknown): never => value as never

describe('data.Vocabulary', () => {
  it('numbers characters by how often they come, behind the special ones', () => {
    const vocabulary = data.Vocabulary.build(['abba', 'b😀'])
    expect(vocabulary.tokens.slice(4)).to.deep.equal(['b', 'a', '😀'])
    expect(vocabulary.encode('a😀x').toArray()).to.deep.equal([5, 6, 1])
    expect(vocabulary.encode('ab', { ends: true }).toArray()).to.deep.equal([2, 5, 4, 3])
    expect(vocabulary.encode('abab', { maxLength: 3 }).shape).to.deep.equal([3])
    expect(vocabulary.encode('').shape).to.deep.equal([0])
    expect(vocabulary.decode([2, 4, 6, 3, 0, 0])).to.equal('b😀')
    expect(vocabulary.decode(vocabulary.encode('abba'))).to.equal('abba')
  })

  it('numbers words, rare ones are unknown', () => {
    const texts = ['So far, so good.', 'so what?', '__proto__ constructor']
    const options = { level: 'word', lowercase: true } as const
    const vocabulary = data.Vocabulary.build(texts, options)
    expect(vocabulary.tokens.slice(4, 6)).to.deep.equal(['so', ','])
    expect(vocabulary.decode(vocabulary.encode('SO good, far __proto__'))).to.equal('so good , far __proto__') // prettier-ignore
    expect(data.Vocabulary.build(texts, { ...options, minFrequency: 2 }).tokens[4]).to.equal('so')
    expect(data.Vocabulary.build(texts, { ...options, minFrequency: 2 }).size).to.equal(5)
    expect(data.Vocabulary.build(texts, { ...options, maxSize: 6 }).size).to.equal(6)
  })

  it('goes into the file of a model', async () => {
    const vocabulary = data.Vocabulary.build(['abc'], { lowercase: true })
    const json = vocabulary.toJSON()
    const model = new nn.Embedding(vocabulary.size, 2)
    const { extra } = await io.readModel(
      io.modelToBuffer(model, { extra: { vocabulary: { json } } }),
    )
    const again = data.Vocabulary.fromJSON(extra['vocabulary']!.json)
    expect(again.toJSON()).to.deep.equal(vocabulary.toJSON())
    expect(again.encode('CAB').toArray()).to.deep.equal(vocabulary.encode('cab').toArray())
  })

  it('refuses what is no text, no number of a token, no state', () => {
    const vocabulary = data.Vocabulary.build(['abc'])
    expect(() => data.Vocabulary.build(wrong(['a', 1]))).to.throw(ValueError, 'text 1')
    expect(() => data.Vocabulary.build(['a'], { maxSize: 3 })).to.throw(ValueError, 'maxSize')
    expect(() => vocabulary.encode(wrong(null))).to.throw(ValueError, 'the text')
    for (const number of [-1, 7, 1.5, '4'])
      expect(() => vocabulary.decode(wrong([number]))).to.throw(ValueError, 'number 0')
    const { tokens, ...rest } = vocabulary.toJSON()
    for (const state of [
      null,
      {},
      rest,
      { ...rest, tokens: tokens.slice(1) },
      { ...rest, tokens: [...tokens, 'a'] },
      { ...rest, tokens: [...tokens, 5] },
      { ...rest, tokens, level: 'x' },
    ])
      expect(() => data.Vocabulary.fromJSON(state)).to.throw(FormatError)
  })
})
