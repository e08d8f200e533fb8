// Says which backend computes, or the error that came instead: code, message, and the warnings.
const warnings = []
process.on('warning', (warning) => warnings.push(warning))

async function report() {
  try {
    const { getNumThreads, info, nn, tensor } = await import(process.argv[2])
    const { backend, isa, supportedIsas } = info()
    const relu = new nn.ReLU().forward(tensor([-1, 2])).toArray()
    return { backend, isa, supportedIsas, threads: getNumThreads(), relu }
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message }
  }
}

const result = await report()
setImmediate(() => {
  const plain = warnings.map(({ name, code, message }) => ({ name, code, message }))
  console.log(JSON.stringify({ ...result, warnings: plain }))
})
