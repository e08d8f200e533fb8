// npm run check:address: whether package.json says where the project lives. It is the one place to fill
// in; npm resolves the links and pictures of the README by `repository`.
//   node scripts/check-address.mjs [package.json]
import fs from 'node:fs'
import process from 'node:process'

const manifest = JSON.parse(fs.readFileSync(process.argv[2] ?? 'package.json', 'utf8'))
const { repository, homepage, bugs } = manifest
const addresses = {
  repository: typeof repository === 'string' ? repository : repository?.url,
  homepage,
  bugs: typeof bugs === 'string' ? bugs : bugs?.url,
}

/** A host with a name of its own; those of RFC 2606 are nobody's. */
function isReal(address) {
  const url = URL.parse?.(address) ?? (URL.canParse(address) ? new URL(address) : null)
  return (
    url !== null &&
    ['https:', 'git+https:'].includes(url.protocol) &&
    !/(^|\.)(example(\.\w+)?|test|invalid|localhost)$/.test(url.hostname)
  )
}

const missing = Object.keys(addresses).filter((name) => !isReal(addresses[name] ?? ''))
if (missing.length > 0) {
  console.error(
    `package.json: fill in ${missing.join(', ')}, as https addresses, before publishing`,
  )
  process.exit(1)
}
