// npm run test:binary: the tests of kernels, layers and captured steps over this platform's binary in
// prebuilds/, as it ships. `npm run test:binary -- test/nn/linear.test.ts` those alone.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const built = path.join(root, 'build', 'Release', 'gradlane.node')
if (fs.existsSync(built)) {
  console.error(`gradlane: ${built} would be loaded instead of the binary in prebuilds/`)
  process.exit(1)
}
const files =
  process.argv.length > 2 ? process.argv.slice(2) : ['test/{kernels,nn,capture}/**/*.test.ts']
const { status } = spawnSync(
  process.execPath,
  // the backend is named, so that a binary that does not load fails every test
  [path.join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'), ...files],
  { cwd: root, stdio: 'inherit', env: { ...process.env, GRADLANE_BACKEND: 'native' } },
)
process.exit(status ?? 1)
