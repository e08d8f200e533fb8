// npm run bench:peers: the newest PyTorch and JAX in a virtual environment of their own, for
// `npm run bench`. Some 6 GB, because PyTorch's wheel on PyPI brings the CUDA libraries along.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../.venv', import.meta.url))
const python = `${folder}/bin/python`

function run(command, args) {
  console.log(`> ${command} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(python)) run(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder])
run(python, ['-m', 'pip', 'install', '--upgrade', 'torch', 'numpy', 'jax', 'optax'])
run(python, [
  '-c',
  'import torch, jax, optax; print("torch", torch.__version__, "jax", jax.__version__, "optax", optax.__version__)',
])
