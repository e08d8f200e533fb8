import { expect } from 'chai'

import {
  capture,
  Generator,
  gradcheck,
  io,
  mul,
  nn,
  ones,
  optim,
  randn,
  sum,
  summary,
  tanh,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(3)
const linear = (): nn.Linear => new nn.Linear(3, 3, { ...f64, generator })

class Stack extends nn.Module {
  readonly blocks = new nn.ModuleList([linear(), linear()])
  readonly heads = new nn.ModuleDict({ a: linear(), b: linear() })
  readonly scales = new nn.ParameterList([ones([3], f64), ones([3], f64)])
  readonly shifts = new nn.ParameterDict({ first: zeros([3], f64) })

  override forward(x: Tensor): Tensor {
    let h = x
    for (const block of this.blocks) h = tanh(block.forward(h))
    h = mul(h, this.scales[0]!).add(this.shifts.get('first')!)
    return this.heads.get('a')!.forward(h).add(this.heads.get('b')!.forward(h))
  }
}

describe('lists and dictionaries of modules and parameters', () => {
  it('are found, with the names of PyTorch', () => {
    const model = new Stack()
    expect(Object.keys(model.stateDict())).to.deep.equal([
      'blocks.0.weight',
      'blocks.0.bias',
      'blocks.1.weight',
      'blocks.1.bias',
      'heads.a.weight',
      'heads.a.bias',
      'heads.b.weight',
      'heads.b.bias',
      'scales.0',
      'scales.1',
      'shifts.first',
    ])
    expect(model.parameters()).to.have.length(11)
    expect(model.to('float32').shifts.get('first')!.dtype).to.equal('float32')
    expect(model.eval().blocks[1]!.training).to.equal(false)
    expect(model.blocks.toString()).to.equal(
      'ModuleList(\n  (0): Linear(3, 3)\n  (1): Linear(3, 3)\n)',
    )
    const path = Array.from(model.namedModules(), ([name]) => name)
    expect(path).to.include.members(['blocks', 'blocks.1', 'heads.b', 'scales'])
  })

  it('stand in models that are trained, checked and summed up', () => {
    const model = new Stack()
    gradcheck(model, randn([2, 3], { ...f64, generator }))
    expect(summary(model, [2, 3]).toString()).to.contain('Linear')
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const x = randn([4, 3], { ...f64, generator })
    const step = capture(() => {
      model.zeroGrad()
      const loss = sum(model.forward(x))
      loss.backward()
      optimizer.step()
      return loss
    })
    step.runSync()
    model.heads.set('a', linear())
    model.blocks.append(linear())
    step.runSync()
    expect((model.heads.get('a') as nn.Linear).weight.grad).not.to.equal(null)
    expect((model.blocks[2] as nn.Linear).weight.grad).not.to.equal(null)
  })

  it('are changed as in PyTorch: ModuleList', () => {
    const [a, b, c, d] = [linear(), linear(), linear(), linear()]
    const list = new nn.ModuleList([a])
    expect(list.append(b).extend([c]).insert(1, d)).to.equal(list)
    expect([...list]).to.deep.equal([a, d, b, c])
    expect(list.insert(-1, linear()).length).to.equal(5)
    expect(list.pop(-2)).not.to.equal(c)
    expect(list.at(-1)).to.equal(c)
    expect(list.pop()).to.equal(c)
    list[0] = c
    expect([...list]).to.deep.equal([c, d, b])
    expect(list.children()).to.deep.equal([c, d, b])
    expect(Object.keys(list.stateDict())).to.have.length(6)
    expect(() => list.pop(3)).to.throw(ValueError, 'one of the 3 places')
    expect(() => list.append(3 as never)).to.throw(ValueError, 'ModuleList: expected module 3')
    expect(() => list.extend([a, null as never])).to.throw(ValueError, 'module 4')
    expect(() => list.append(list)).to.throw(ValueError, 'itself')
    expect(() => list.append(new nn.Sequential(list))).to.throw(ValueError, 'holds it')
    expect(() => {
      list[1] = {} as never
    }).to.throw(ValueError, 'module 1')
    expect(() => list.at(0.5)).to.throw(ValueError, 'whole number')
    expect(() => list.forward(ones([1, 3]))).to.throw(ValueError, 'it has no forward')
    expect(list.length).to.equal(3)
  })

  it('are changed as in PyTorch: ModuleDict', () => {
    const [a, b, c] = [linear(), linear(), linear()]
    const dict = new nn.ModuleDict([['a', a]])
    dict.update({ forward: b, 7: c }).update(new Map([['a', c]]))
    expect([...dict.keys()]).to.deep.equal(['a', '7', 'forward'])
    expect([...dict.values()]).to.deep.equal([c, c, b])
    expect([...dict]).to.deep.equal([...dict.items()])
    expect(dict.has('forward')).to.equal(true)
    expect(dict.pop('forward')).to.equal(b)
    expect(dict.get('forward')).to.equal(undefined)
    expect(dict.size).to.equal(2)
    dict.set('__proto__', b)
    expect(new Set(dict.children())).to.deep.equal(new Set([c, b]))
    expect(() => dict.pop('x')).to.throw(ValueError, 'one of a, 7, __proto__')
    expect(() => dict.set('x.y', a)).to.throw(ValueError, 'without a dot')
    expect(() => dict.set('', a)).to.throw(ValueError, 'not empty')
    expect(() => dict.set('x', ones([1]) as never)).to.throw(ValueError, 'a Module')
    expect(() => dict.update({ y: a, z: 3 as never })).to.throw(ValueError, 'module z')
    expect(() => dict.update(3 as never)).to.throw(ValueError)
    expect(dict.has('y')).to.equal(false)
    dict.clear()
    expect(dict.parameters()).to.deep.equal([])
    expect(() => dict.forward(ones([1, 3]))).to.throw(ValueError, 'it has no forward')
  })

  it('make parameters of tensors', () => {
    const weight = new nn.Parameter(ones([2]))
    const list = new nn.ParameterList([weight, zeros([3])])
    expect(list[0]).to.equal(weight)
    expect(list[1]).to.be.instanceOf(nn.Parameter)
    expect(list.append(ones([1])).parameters()).to.have.length(3)
    const dict = new nn.ParameterDict({ a: ones([2]) })
    expect(dict.set('b', weight).parameters()).to.deep.equal([dict.get('a'), weight])
    expect(() => list.append(3 as never)).to.throw(ValueError, 'a Parameter or a Tensor')
    expect(() => dict.set('c', [] as never)).to.throw(ValueError, 'a Parameter or a Tensor')
  })

  it('of modules stand in files', () => {
    const list = new nn.ModuleList([linear(), new nn.ModuleDict({ a: linear() })])
    const read = io.modelFromBuffer(io.modelToBuffer(list))
    expect(read.toString()).to.equal(list.toString())
    const arrays = (module: nn.Module): unknown =>
      Object.entries(module.stateDict()).map(([name, tensor]) => [name, tensor.toArray()])
    expect(arrays(read)).to.deep.equal(arrays(list))
  })
})
