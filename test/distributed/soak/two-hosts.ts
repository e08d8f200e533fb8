// Training on two machines with a link of 1 Gbit/s: what one process comes to, and the same bits twice.
import { expect } from 'chai'

import { withHosts } from '../hosts.js'
import { installed } from '../mpirun.js'
import { alone, expectSame, trained } from '../trained.js'

const settings = { samples: 150, batch: 8, metrics: ['accuracy'], validation: true }
const trainings = [
  { ...settings, epochs: 20 },
  // Gradients of 2 MB, which libraries send in pieces.
  { ...settings, epochs: 2, hidden: 25_000 },
]

await withHosts(2, async (hosts) => {
  hosts.throttle(1000)
  for (const mpi of installed) {
    const twice = trainings.flatMap((training) => [training, training])
    const told = await trained(hosts.mpi(mpi), 2, ...twice)
    for (const [i, training] of trainings.entries()) {
      const [first, second] = [told[2 * i]!, told[2 * i + 1]!]
      expect(first.mode).to.equal('captured')
      expect(second.digest).to.equal(first.digest)
      expectSame(first, await alone(2, training), 1e-12)
    }
    console.log(`${mpi.name}: as one process, and the same bits twice`)
  }
})
