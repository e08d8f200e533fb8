import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('graphs', function () {
  this.timeout(120_000)

  it('go with their results, and those that may be kept are warned of once', () => {
    const flags = ['--expose-gc', '--max-semi-space-size=1', '--import', 'tsx']
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...flags, 'test/soak/graphs.ts', '6000'],
      { cwd: root, encoding: 'utf8' },
    )
    expect(status, stdout + stderr).to.equal(0)
    const { warnings } = JSON.parse(stdout) as { warnings: string[] }
    expect(warnings[0]).to.include('loss.item()').and.include('noGrad')
  })
})
