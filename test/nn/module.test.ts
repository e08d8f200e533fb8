import { expect } from 'chai'

import {
  add,
  DTypeError,
  Generator,
  matmul,
  mul,
  nn,
  ones,
  randn,
  ShapeError,
  square,
  sum,
  type Tensor,
  transpose,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { gradcheck } from '../support/gradcheck.js'

const generator = new Generator(23)
const f64 = { dtype: 'float64', generator } as const

/** y = A (x x) + b x + c with the hyper-parameter b, written as a user would. */
class Quadratic extends nn.Module {
  A: nn.Parameter
  c: nn.Parameter

  constructor(
    readonly into: number,
    readonly out: number,
    readonly b: number,
  ) {
    super()
    this.A = new nn.Parameter(randn([out, into], f64))
    this.c = new nn.Parameter(randn([out], f64))
  }

  override computeOutput(input: Tensor): Tensor {
    const product = matmul(square(input), transpose(this.A, 0, 1))
    return add(add(product, mul(input, this.b)), this.c)
  }

  override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return add(mul(mul(input, 2), matmul(gradOutput, this.A)), mul(gradOutput, this.b))
  }

  override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    this.A.addGrad(matmul(transpose(gradOutput, 0, 1), square(input)))
    this.c.addGrad(sum(gradOutput, 0))
  }

  override extraRepr(): string {
    return `${this.into}, ${this.out}, b=${this.b}`
  }
}

/** Two branches and an array of blocks. */
class Branches extends nn.Module {
  left = new nn.Linear(4, 4, f64)
  right = new nn.Sequential({ fc: new nn.Linear(4, 4, f64), act: new nn.Tanh() })
  blocks = [new nn.Linear(4, 4, f64), new nn.Linear(4, 4, f64)]
  scale = new nn.Parameter(ones([1], { dtype: 'float64' }))
  readonly name = 'branches'
  #values: Tensor[] = []

  override computeOutput(input: Tensor): Tensor {
    const values = [add(this.left.forward(input), this.right.forward(input))]
    for (const block of this.blocks) values.push(block.forward(values.at(-1)!))
    this.#values = values
    return mul(values.at(-1)!, this.scale)
  }

  override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    this.scale.addGrad(sum(mul(gradOutput, this.#values.at(-1)!)).reshape([1]))
    let grad = mul(gradOutput, this.scale)
    for (let i = 1; i >= 0; i--) grad = this.blocks[i]!.backward(this.#values[i]!, grad)
    return add(this.left.backward(input, grad), this.right.backward(input, grad))
  }
}

describe('nn.Module', () => {
  describe('a layer of a user’s own', () => {
    it('has right gradients, alone and in a container', () => {
      gradcheck(new Quadratic(3, 3, 0.5), randn([4, 3], f64), randn([4, 3], f64))
      const model = new nn.Sequential(
        new nn.Linear(2, 3, f64),
        new Quadratic(3, 3, -1),
        new nn.Linear(3, 2, f64),
      )
      gradcheck(model, randn([4, 2], f64), randn([4, 2], f64))
    })

    it('adds up gradients, and leaves frozen parameters alone', () => {
      const layer = new Quadratic(2, 2, 1)
      layer.A.requiresGrad = false
      const [input, gradOutput] = [randn([3, 2], f64), randn([3, 2], f64)]
      layer.forward(input)
      layer.backward(input, gradOutput)
      const once = layer.c.grad!.clone()
      layer.backwardParameters(input, gradOutput)
      expect(layer.c.grad!.toArray()).to.deep.equal(mul(once, 2).toArray())
      expect(layer.A.grad).to.equal(null)
    })

    it('prints and names itself', () => {
      expect(String(new nn.Sequential(new Quadratic(3, 3, 0.5)))).to.equal(
        'Sequential(\n  (0): Quadratic(3, 3, b=0.5)\n)',
      )
    })
  })

  describe('its tree', () => {
    const model = new Branches()
    const paths = [
      'scale',
      'left.weight',
      'left.bias',
      'right.fc.weight',
      'right.fc.bias',
      'blocks.0.weight',
      'blocks.0.bias',
      'blocks.1.weight',
      'blocks.1.bias',
    ]

    it('is found among properties, arrays included', () => {
      expect([...model.namedParameters()].map(([path]) => path)).to.deep.equal(paths)
      expect(model.parameters()).to.deep.equal(
        [...model.namedParameters()].map(([, parameter]) => parameter),
      )
      expect(Object.keys(model.stateDict())).to.deep.equal(paths)
      expect([...model.namedModules()].map(([path]) => path)).to.deep.equal([
        '',
        'left',
        'right',
        'right.fc',
        'right.act',
        'blocks.0',
        'blocks.1',
      ])
      expect([...model.namedChildren()].map(([name]) => name)).to.deep.equal([
        'left',
        'right',
        'blocks.0',
        'blocks.1',
      ])
      expect(model.modules().length).to.equal(7)
      expect(model.children()[0]).to.equal(model.left)
    })

    it('holds each once, however often it is shared', () => {
      const first = new nn.Linear(3, 3)
      const second = new nn.Linear(3, 3)
      second.weight = first.weight
      const tied = new nn.Sequential(first, second, first)
      expect(tied.parameters()).to.deep.equal([first.weight, first.bias, second.bias])
      expect([...tied.namedParameters()].map(([path]) => path)).to.deep.equal([
        '0.weight',
        '0.bias',
        '1.bias',
      ])
      expect(tied.modules()).to.deep.equal([tied, first, second])
    })

    it('is visited by apply, children first', () => {
      const seen: string[] = []
      const returned = model.apply((module) => seen.push(module.constructor.name))
      expect(returned).to.equal(model)
      expect(seen).to.deep.equal([
        'Linear',
        'Linear',
        'Tanh',
        'Sequential',
        'Linear',
        'Linear',
        'Branches',
      ])
    })

    it('does not count the output as part of it', () => {
      const parameter = new nn.Parameter(zeros([2]))
      const module = new nn.Identity()
      module.forward(parameter)
      expect(module.parameters()).to.deep.equal([])
    })

    it('has right gradients', () => {
      gradcheck(new Branches(), randn([3, 4], f64), randn([3, 4], f64))
    })

    it('names the path of the module that complains, in modules of a user’s own too', () => {
      expect(() => new Branches().forward(zeros([2, 5], { dtype: 'float64' }))).to.throw(
        ShapeError,
        /^Branches\.left Linear\(4, 4\): expected input/,
      )
      const nested = new nn.Sequential({ body: new Branches() })
      try {
        nested.forward(zeros([2, 4]))
        expect.fail('was accepted')
      } catch (error) {
        expect(error).to.be.instanceOf(DTypeError)
        const { message, stack } = error as DTypeError
        expect(message).to.match(
          /^Sequential\.body\.left Linear\(4, 4\): expected input to be float64/,
        )
        expect(stack).to.contain(message)
      }
    })
  })

  describe('buffers', () => {
    class Counting extends nn.Identity {
      readonly mean = this.registerBuffer('running_mean', zeros([2]))
      readonly steps = this.registerBuffer('num_steps', zeros([], { dtype: 'int32' }))
      readonly scratch = this.registerBuffer('scratch', zeros([3]), { persistent: false })
    }

    it('belong to the state, under their names', () => {
      const model = new nn.Sequential(new nn.Linear(2, 2), new Counting())
      expect(Object.keys(model.stateDict())).to.deep.equal([
        '0.weight',
        '0.bias',
        '1.running_mean',
        '1.num_steps',
      ])
      expect([...model.namedBuffers()].map(([path]) => path)).to.deep.equal([
        '1.running_mean',
        '1.num_steps',
        '1.scratch',
      ])
      expect(model.parameters().length).to.equal(2)
    })

    it('change dtype with the module, but for integers', () => {
      const counting = new Counting()
      counting.mean.data[0] = 3
      counting.to('float64')
      expect(counting.mean.dtype).to.equal('float64')
      expect(counting.mean.toArray()).to.deep.equal([3, 0])
      expect(counting.steps.dtype).to.equal('int32')
      expect(counting.buffers()).to.deep.equal([counting.mean, counting.steps, counting.scratch])
    })

    it('need a name that is free', () => {
      const module = new Counting()
      expect(() => module.registerBuffer('running_mean', zeros([1]))).to.throw(ValueError, 'taken')
      expect(() => module.registerBuffer('training', zeros([1]))).to.throw(ValueError)
      expect(() => module.registerBuffer('a.b', zeros([1]))).to.throw(ValueError)
      expect(() => module.registerBuffer('', zeros([1]))).to.throw(ValueError)
    })
  })

  it('refuses to become an integer', () => {
    expect(() => new nn.Linear(1, 1).to('int32' as 'float32')).to.throw(DTypeError)
  })
})
