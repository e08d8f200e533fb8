// Says which backend computes, or the error that came instead: code, message, and the warnings.
const warnings = []
process.on('warning', (warning) => warnings.push(warning))

async function report() {
  try {
    const { getNumThreads, info } = await import(process.argv[2])
    const { backend, isa, supportedIsas } = info()
    const { kernels } = await import(new URL('kernels/backend.js', process.argv[2]))
    const data = Float32Array.of(-1, 2)
    const { buffer } = data
    const view = { buffer, byteOffset: 0, length: 2, dtype: 'float32', data }
    kernels().activation(1, view, view, 2, 0)
    return { backend, isa, supportedIsas, threads: getNumThreads(), relu: Array.from(data) }
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message }
  }
}

const result = await report()
setImmediate(() => {
  const plain = warnings.map(({ name, code, message }) => ({ name, code, message }))
  console.log(JSON.stringify({ ...result, warnings: plain }))
})
