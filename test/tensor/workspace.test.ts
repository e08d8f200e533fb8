import { expect } from 'chai'

import { zeros } from '../../ts/index.js'
import { allocate, enterWorkspace, Workspace } from '../../ts/tensor/workspace.js'

const shape = (...sizes: number[]): readonly number[] => Object.freeze(sizes)

describe('Workspace', () => {
  it('gives the same tensors again, in the order of the calls', () => {
    const workspace = new Workspace()
    const first = [workspace.take(shape(2, 3), 'float32'), workspace.take(shape(4), 'float64')]
    workspace.rewind()
    const second = [workspace.take(shape(2, 3), 'float32'), workspace.take(shape(4), 'float64')]
    expect(second[0]).to.equal(first[0])
    expect(second[1]).to.equal(first[1])
    expect(first[0]!.buffer).not.to.equal(first[1]!.buffer)
  })

  it('reuses memory for what fits, and grows for what does not', () => {
    const workspace = new Workspace()
    const take = (...args: Parameters<Workspace['take']>): ReturnType<Workspace['take']> => {
      workspace.rewind()
      return workspace.take(...args)
    }
    const large = take(shape(8), 'float32')
    const small = take(shape(3, 2), 'float32')
    expect(small.buffer).to.equal(large.buffer)
    expect(small.length).to.equal(6)
    expect(small.shape).to.deep.equal([3, 2])
    const bytes = take(shape(32), 'uint8')
    expect(bytes.buffer).to.equal(large.buffer)
    const larger = take(shape(5), 'float64')
    expect(larger.buffer).not.to.equal(large.buffer)
    expect(larger.length).to.equal(5)
    expect(workspace.holds(larger.reshape([5, 1]))).to.equal(true)
    expect(workspace.holds(large)).to.equal(false)
    expect(take(shape(0), 'float32').length).to.equal(0)
  })

  it('is what allocate takes from while it is entered', () => {
    const workspace = new Workspace()
    const outside = allocate(shape(2), 'float32')
    const before = enterWorkspace(workspace)
    const inside = allocate(shape(2), 'float32')
    const own = zeros([2])
    enterWorkspace(before)
    expect(workspace.holds(inside)).to.equal(true)
    expect(workspace.holds(outside)).to.equal(false)
    expect(workspace.holds(own)).to.equal(false)
    expect(workspace.holds(allocate(shape(2), 'float32'))).to.equal(false)
  })
})
