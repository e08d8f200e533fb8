import { expect } from 'chai'

import { erf, erfc } from '../../ts/kernels/reference/erf.js'

/** x, erf(x), erfc(x) of glibc 2.36, on all three pieces of the approximation and at their ends. */
const known = [
  [1e-10, 1.1283791670955126e-10, 0.999999999887162],
  [0.1, 0.1124629160182849, 0.8875370839817152],
  [0.46875, 0.49261347321793797, 0.507386526782062],
  [0.5, 0.5204998778130465, 0.4795001221869535],
  [1, 0.8427007929497149, 0.15729920705028513],
  [1.5, 0.9661051464753108, 0.033894853524689274],
  [2, 0.9953222650189527, 0.004677734981047265],
  [3, 0.9999779095030014, 2.2090496998585438e-5],
  [4, 0.9999999845827421, 1.541725790028002e-8],
  [4.5, 0.9999999998033839, 1.9661604415428873e-10],
  [6, 1.0, 2.1519736712498916e-17],
  [10, 1.0, 2.088487583762545e-45],
  [20, 1.0, 5.3958656116079005e-176],
  [26, 1.0, 5.663192408856143e-296],
] as const

describe('kernels: the error function of the reference', () => {
  // Cody gives 6e-17 for his rational functions; here some 5 roundings and two exponentials more
  const relative = 8 * 2 ** -52

  it('erf and erfc have all digits', () => {
    for (const [x, value, complement] of known) {
      expect(Math.abs(erf(x) - value)).to.be.at.most(relative * value, `erf(${x})`)
      expect(erf(-x)).to.equal(-erf(x))
      expect(Math.abs(erfc(x) - complement)).to.be.at.most(relative * complement, `erfc(${x})`)
      expect(Math.abs(erfc(-x) - (1 + value))).to.be.at.most(relative * (1 + value), `erfc(-${x})`)
    }
  })

  it('the ends and NaN', () => {
    expect([erf(0), erf(Infinity), erf(-Infinity), erf(30)]).to.deep.equal([0, 1, -1, 1])
    expect(Object.is(erf(-0), -0)).to.equal(true)
    expect([erfc(0), erfc(Infinity), erfc(-Infinity), erfc(30)]).to.deep.equal([1, 0, 2, 0])
    expect(erf(NaN)).to.be.NaN
    expect(erfc(NaN)).to.be.NaN
  })
})
