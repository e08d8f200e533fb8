import { n, type OpCall, type OpCalls, v, values } from './op-call.js'

const sumOver = (name: 'allReduce' | 'allReduceStart' | 'allReduceWait'): OpCall => ({
  operands: () => ({ x: values(n, 1) }),
  run: (k, w) => {
    k[name]({ x: v(w, 'x'), n })
  },
})

export const allReduceCalls = {
  allReduce: sumOver('allReduce'),
  allReduceStart: sumOver('allReduceStart'),
  allReduceWait: sumOver('allReduceWait'),
} satisfies OpCalls
