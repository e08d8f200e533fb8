// Times a step whose memory is so large that saving it makes V8 collect garbage: nothing that the
// step works on may be collected with it.
import { capture, sum, zeros } from '../../../dist/index.js'

const x = zeros([2 ** 24])
const step = capture(({ scale }) => ({ total: sum(x), scale: sum(scale) }), {
  inputs: { scale: zeros([1024]) },
})
for (let round = 0; round < 10; round++) step.describe({ times: 1 })
console.log('described')
