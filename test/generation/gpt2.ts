import { add, arange, io, matmul, nn, type Tensor, transpose } from '../../ts/index.js'

interface Call {
  cache?: nn.KeyValueCache | null
}

class Block extends nn.Module<[x: Tensor, call: Call]> {
  ln_1: nn.LayerNorm
  attn: nn.MultiheadAttention
  ln_2: nn.LayerNorm
  mlp: nn.Sequential

  constructor(width: number, heads: number) {
    super()
    this.ln_1 = new nn.LayerNorm(width)
    this.attn = new nn.MultiheadAttention(width, heads, { batchFirst: true })
    this.ln_2 = new nn.LayerNorm(width)
    const gelu = new nn.GELU({ approximate: 'tanh' })
    this.mlp = new nn.Sequential(
      new nn.Linear(width, 4 * width),
      gelu,
      new nn.Linear(4 * width, width),
    )
  }

  override forward(x: Tensor, { cache = null }: Call): Tensor {
    const h = this.ln_1.forward(x)
    const { output } = this.attn.forward(h, h, h, { cache, isCausal: true, needWeights: false })
    const y = add(x, output)
    return add(y, this.mlp.forward(this.ln_2.forward(y)))
  }
}

export class GPT2 extends nn.Module<[tokens: Tensor, call?: Call]> {
  wte: nn.Embedding
  wpe: nn.Embedding
  h: Block[]
  ln_f: nn.LayerNorm

  constructor(tokens: number, places: number, width: number, heads: number, layers: number) {
    super()
    this.wte = new nn.Embedding(tokens, width)
    this.wpe = new nn.Embedding(places, width)
    this.h = Array.from({ length: layers }, () => new Block(width, heads))
    this.ln_f = new nn.LayerNorm(width)
  }

  override forward(tokens: Tensor, { cache = null }: Call = {}): Tensor {
    const past = cache?.length ?? 0
    const places = arange(past, past + tokens.shape[1]!, { dtype: 'int32' })
    let x = add(this.wte.forward(tokens), this.wpe.forward(places))
    for (const block of this.h) x = block.forward(x, { cache })
    return matmul(this.ln_f.forward(x), transpose(this.wte.weight, 0, 1))
  }
}

/** The file's layers are c_attn, c_proj and c_fc, with inputs before outputs; it also holds masks. */
export async function loadGPT2(path: string, heads: number): Promise<GPT2> {
  const { tensors } = await io.loadSafetensors(path)
  const state = new Map<string, Tensor>()
  for (const [name, x] of Object.entries(tensors)) {
    if (/\.attn\.(bias|masked_bias)$/.test(name)) continue
    const to = name
      .replace('attn.c_attn.', 'attn.in_proj_')
      .replace('attn.c_proj.', 'attn.out_proj.')
      .replace('mlp.c_fc.', 'mlp.0.')
      .replace('mlp.c_proj.', 'mlp.2.')
    state.set(to, to !== name && x.ndim === 2 ? transpose(x, 0, 1) : x)
  }
  const [[tokens, width], [places]] = [
    state.get('wte.weight')!.shape,
    state.get('wpe.weight')!.shape,
  ]
  const layers = new Set([...state.keys()].flatMap((name) => /^h\.\d+/.exec(name) ?? [])).size
  const model = new GPT2(tokens!, places!, width!, heads, layers)
  model.loadStateDict(Object.fromEntries(state))
  return model.eval()
}
