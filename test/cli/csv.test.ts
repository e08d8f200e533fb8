import { expect } from 'chai'

import { csvCell, csvLine, dateText } from '../../ts/cli/csv.js'

describe('command line: CSV', () => {
  it('quotes what has commas, quotes, ends of lines or space at its ends', () => {
    const cells = ['a', 'a,b', 'say "a"', 'a\nb', ' a', '', null, 1.5, -1e-7]
    expect(csvLine(cells, false)).to.equal('a,"a,b","say ""a""","a\nb"," a","",,1.5,-1e-7\r\n')
  })

  it('makes a text of what a spreadsheet would compute', () => {
    const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '=1,"2"']
    for (const text of formulas) {
      expect(csvCell(text, false).replace(/^"/, ''), text).to.match(/^'/)
      expect(csvCell(text, true).replace(/^"/, ''), text).to.not.match(/^'/)
    }
    expect(csvCell('=1,"2"', false)).to.equal('"\'=1,""2"""')
    expect(csvCell(-1, false), 'a number').to.equal('-1')
  })

  it('has an empty cell for what is no number, and dates as ISO 8601 has them', () => {
    expect(csvLine([NaN, Infinity, new Date(0)], false)).to.equal(',,1970-01-01\r\n')
    expect(dateText(new Date(1))).to.equal('1970-01-01T00:00:00.001Z')
  })
})
