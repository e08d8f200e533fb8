// The link between two machines is cut while they train: each names the other one, and the job ends.
import { expect } from 'chai'

import { withHosts } from '../hosts.js'
import { installed, runJob, saidIn } from '../mpirun.js'

await withHosts(2, async (hosts) => {
  for (const mpi of installed) {
    let isCut = false
    const { code, said, stderr } = await runJob(hosts.mpi(mpi), 'endless.mjs', {
      ranks: 2,
      args: ['3000'],
      onOutput: (stdout) => {
        if (isCut || saidIn(stdout).length < 2) return
        isCut = true
        hosts.link(1, 'down')
      },
    })
    hosts.link(1, 'up')
    expect(isCut, stderr).to.equal(true)
    expect(code).not.to.equal(0)
    expect(said.map(({ rank }) => rank)).to.deep.equal([0, 1])
    for (const [rank, { code, message }] of said.entries()) {
      expect(code).to.equal('ERR_DISTRIBUTED')
      const other = `rank ${1 - rank} \\(${hosts.hosts[1 - rank]!.name}\\)`
      expect(message).to.match(new RegExp(`nothing was heard for 3000 ms at .+ of ${other}`))
    }
    console.log(`${mpi.name}: both have named the other one, and the job has ended`)
  }
})
