// Calls whose last argument is an object of options, with tensors among them, and results with names.
import assert from 'node:assert/strict'
import {
  capture,
  fit,
  mul,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  type Tensor,
  tensor,
} from '../../ts/index.js'

interface MixOptions {
  readonly by?: Tensor
  readonly plus?: Tensor
  readonly twice?: boolean
}
type MixInputs = [x: Tensor, options?: MixOptions]
interface Mixed {
  readonly [name: string]: Tensor | null
  readonly product: Tensor
  readonly sum: Tensor | null
}

/** Written freely. */
class Mix extends nn.Module<MixInputs, Mixed> {
  weight = new nn.Parameter(tensor([2, 3]))

  override forward(x: Tensor, options?: MixOptions): Mixed {
    const { by, plus, twice } = options ?? {}
    const scaled = mul(x, this.weight)
    const product = by === undefined ? scaled : mul(scaled, by)
    const whole = twice === true ? mul(product, 2) : product
    return { product: whole, sum: plus === undefined ? null : x.add(plus) }
  }
}

/** The same product by hooks. */
class ByHooks extends nn.Module<[x: Tensor, options: { by: Tensor }]> {
  protected override computeOutput(x: Tensor, { by }: { by: Tensor }): Tensor {
    return mul(x, by)
  }

  protected override computeGradInput(
    x: Tensor,
    { by }: { by: Tensor },
    gradOutput: Tensor,
  ): [Tensor, { by: Tensor }] {
    return [mul(gradOutput, by), { by: mul(gradOutput, x) }]
  }
}

interface Callable {
  forward(...given: unknown[]): unknown
}

const leaf = (values: number[]): Tensor => tensor(values).requiresGrad_()
const numbers = (of: Tensor | null): number[] => [...of!.data]

describe('calls with options', () => {
  it('give gradients to the tensors among them', () => {
    const mix = new Mix()
    const [x, by, plus] = [leaf([1, 2]), leaf([5, 7]), leaf([10, 20])]
    const { product, sum } = mix.forward(x, { by, twice: true, plus })
    assert.deepEqual(numbers(product), [20, 84])
    assert.deepEqual(numbers(sum), [11, 22])
    product.sum().add(sum!.sum()).backward()
    assert.deepEqual(numbers(x.grad), [21, 43])
    assert.deepEqual(numbers(by.grad), [4, 12])
    assert.deepEqual(numbers(plus.grad), [1, 1])
    assert.deepEqual(numbers(mix.weight.grad), [10, 28])
  })

  it('may be left out, and null stands for a result that is not there', () => {
    const x = leaf([1, 2])
    const { product, sum } = new Mix().forward(x)
    assert.equal(sum, null)
    product.sum().backward()
    assert.deepEqual(numbers(x.grad), [2, 3])
    assert.deepEqual(numbers(new Mix().forward(x, undefined).product), [2, 6])
    assert.deepEqual(numbers(new Mix().forward(x, { twice: true }).product), [4, 12])
  })

  it('have a backward by hand in the form of the arguments', () => {
    const [x, by] = [tensor([1, 2]), tensor([5, 7])]
    const mix = new Mix()
    mix.forward(x, { by })
    const [byX, named] = mix.backward(x, { by }, { product: tensor([1, 1]), sum: null })
    assert.deepEqual(numbers(byX), [10, 21])
    assert.deepEqual(numbers(named?.by ?? null), [2, 6])
    const hooks = new ByHooks()
    hooks.forward(x, { by })
    const [first, second] = hooks.backward(x, { by }, tensor([1, 1]))
    assert.deepEqual(
      [numbers(first), numbers(second.by!)],
      [
        [5, 7],
        [1, 2],
      ],
    )
  })

  it('are nodes of the graph with hooks, several before a backward, and in evaluation mode', () => {
    for (const training of [true, false]) {
      const module = new ByHooks().train(training)
      const [x, a, b] = [leaf([1, 2]), leaf([5, 7]), leaf([1, 10])]
      const outputs = [module.forward(x, { by: a }), module.forward(x, { by: b })]
      outputs[0]!.sum().backward()
      outputs[1]!.sum().backward()
      assert.deepEqual(numbers(x.grad), [6, 17])
      assert.deepEqual(
        [numbers(a.grad), numbers(b.grad)],
        [
          [1, 2],
          [1, 2],
        ],
      )
    }
  })

  it('are read once: what is changed in them later is not seen', () => {
    const [x, by] = [leaf([1, 2]), leaf([5, 7])]
    const options = { by }
    const y = new ByHooks().forward(x, options)
    options.by = tensor([0, 0])
    y.sum().backward()
    assert.deepEqual(numbers(x.grad), [5, 7])
    assert.deepEqual(numbers(by.grad), [1, 2])
  })

  it('pass through hooks around a forward', () => {
    const mix = new Mix()
    const seen: unknown[] = []
    mix.registerForwardPreHook((_module, [x, options]) => {
      seen.push(options?.twice)
      return [mul(x, 10), { ...options, twice: false }]
    })
    const by = leaf([5, 7])
    const { product } = mix.forward(tensor([1, 2]), { by, twice: true })
    product.sum().backward()
    assert.deepEqual(seen, [true])
    assert.deepEqual(numbers(product), [100, 420])
    assert.deepEqual(numbers(by.grad), [20, 60])
  })

  it('stand in captured steps', () => {
    const mix = new Mix()
    const x = tensor([1, 2])
    const step = capture(
      (inputs: { x: Tensor; by: Tensor }) => {
        mix.zeroGrad()
        const { product } = mix.forward(inputs.x, { by: inputs.by })
        product.sum().backward()
        return product
      },
      { inputs: { x, by: tensor([1, 1]) } },
    )
    for (const value of [5, 6]) {
      const product = step.runSync({ x, by: tensor([value, 7]) })
      assert.deepEqual(numbers(product), [2 * value, 42])
      assert.deepEqual(numbers(mix.weight.grad), [value, 14])
    }
  })

  it('may be left out where a tensor is passed on, in a Sequential and by fit', async () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, batchFirst: true })
    const inside = new nn.Sequential(new nn.PositionalEncoding(4, { batchFirst: true }), layer)
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.01 })
    const criterion = new nn.MSELoss()
    for (const model of [inside, layer]) {
      const before = layer.linear1.weight.clone()
      await fit(model, [randn([2, 3, 4]), ones([2, 3, 4])], { criterion, optimizer, epochs: 1 })
      assert.notDeepEqual(layer.linear1.weight.toArray(), before.toArray())
    }
  })

  it('are refused by layers that take none', () => {
    const [layer, x] = [new nn.Linear(2, 2), tensor([[1, 2]])]
    const call = (...given: unknown[]): unknown => (layer as unknown as Callable).forward(...given)
    for (const options of [{ by: x }, {}]) {
      assert.throws(() => noGrad(() => call(x, options)), {
        code: 'ERR_VALUE',
        message: /Linear.*input 1/u,
      })
    }
    const bilinear = new nn.Bilinear(2, 2, 1)
    const both = (...given: unknown[]): unknown =>
      (bilinear as unknown as Callable).forward(...given)
    assert.throws(() => both(x, x, { by: x }), { code: 'ERR_VALUE', message: /input 2/u })
  })
})
