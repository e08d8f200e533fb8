/** 200 environments (`npm run test:soak -- cycles`) load the addon and end, with another one and alone. */
import { loadAndUnload } from '../lifecycle/cycles.js'

for (const holder of ['with the main thread', 'alone']) {
  loadAndUnload(Number(process.argv[2] ?? 200), holder)
}
