// Loads the package as Jest does: its modules run in a realm of node:vm, Node's own modules and the
// addon outside of it, so a Buffer is no Uint8Array of theirs, and an error of Node's no Error.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import vm from 'node:vm'

const shared = { AbortController, AbortSignal, TextDecoder, TextEncoder, URL, performance, process }
const timers = { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout }
const context = vm.createContext({ ...shared, ...timers, Buffer, console, structuredClone })

const modules = new Map()

/** Promises, not modules: a module that two others import is made once. */
function load(url) {
  const known = modules.get(url) ?? make(url)
  modules.set(url, known)
  return known
}

async function make(url) {
  if (url.startsWith('file:')) {
    return new vm.SourceTextModule(readFileSync(fileURLToPath(url), 'utf8'), {
      context,
      identifier: url,
      initializeImportMeta: (meta) => {
        meta.url = url
      },
      importModuleDynamically: async (specifier) => {
        const module = await load(new URL(specifier, url).href)
        if (module.status === 'unlinked') await module.link(link)
        await module.evaluate()
        return module
      },
    })
  }
  const own = await import(url)
  const names = Object.keys(own)
  const copy = () => {
    for (const name of names) module.setExport(name, own[name])
  }
  const module = new vm.SyntheticModule(names, copy, { context, identifier: url })
  return module
}

function link(specifier, { identifier }) {
  return load(specifier.startsWith('.') ? new URL(specifier, identifier).href : specifier)
}

const entry = await load(new URL('../../../dist/index.js', import.meta.url).href)
await entry.link(link)
await entry.evaluate()
const { data, fit, fromTypedArray, History, io, nn, optim, tensor } = entry.namespace

const folder = mkdtempSync(path.join(os.tmpdir(), 'gradlane-realm-'))
try {
  const foreign = vm.runInContext('new Float32Array([1, 2, 3, 4])', context)
  const rows = [
    fromTypedArray(foreign, [4, 1]),
    tensor(new Float32Array([2, 4, 6, 8])).reshape([4, 1]),
  ]
  const model = new nn.Linear(1, 1)
  const history = new History()
  const train = (epochs, resume) => {
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 })
    const checkpoint = path.join(folder, 'run.ckpt')
    const loader = new data.DataLoader(rows, { batchSize: 2, shuffle: true })
    const criterion = new nn.MSELoss()
    return fit(model, loader, { criterion, optimizer, epochs, checkpoint, resume, history })
  }
  await train(2, false)
  await train(3, true)
  const weights = path.join(folder, 'model.safetensors')
  await io.saveSafetensors(model.stateDict(), pathToFileURL(weights))
  model.loadStateDict((await io.loadSafetensors(weights)).tensors)
  model.loadStateDict(io.safetensorsFromBuffer(readFileSync(weights)).tensors)
  const idx = Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])
  writeFileSync(path.join(folder, 'idx'), idx)
  const read = [io.readIdxSync(idx), await io.readIdx(path.join(folder, 'idx'))]
  if (read.some((one) => String(one.toArray()) !== '7,9')) throw new Error('IDX')
  await history.report(path.join(folder, 'report.html'))
  console.log(history.epochs.length, history.mode)
} finally {
  rmSync(folder, { recursive: true })
}
