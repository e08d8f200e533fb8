// Next: a route that trains, in the server that `output: 'standalone'` gathers and in `next start`.
import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'

import { LEARNED } from './project.mjs'

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** What the route answers in a server started so. */
async function answer(project, args) {
  const port = await freePort()
  const child = spawn(process.execPath, args, {
    cwd: project.folder,
    env: { ...project.env, PORT: String(port), HOSTNAME: '127.0.0.1', NODE_ENV: 'production' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        return await (await fetch(`http://127.0.0.1:${port}/learn`)).text()
      } catch (error) {
        if (attempt === 120 || child.exitCode !== null) throw error
        await setTimeout(500)
      }
    }
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

/** The binaries are no code that Next could follow. */
const STANDALONE = {
  output: 'standalone',
  serverExternalPackages: ['gradlane'],
  outputFileTracingIncludes: { '/*': ['./node_modules/gradlane/prebuilds/**'] },
}

const next = {
  packages: ['next@16', 'react@19', 'react-dom@19'],
  async *check(project) {
    project.write(
      'app/layout.js',
      'export default function Layout({ children }) {\n  return <html><body>{children}</body></html>\n}\n',
    )
    project.write(
      'app/learn/route.js',
      `import { learn } from '../../xor.mjs'
export const dynamic = 'force-dynamic'
export const GET = async () => new Response(await learn())
`,
    )
    const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }
    for (const [what, bundler, external] of [
      ['serverExternalPackages', '--turbopack', true],
      ['serverExternalPackages, webpack', '--webpack', true],
      ['bundled', '--turbopack', false],
      ['bundled, webpack', '--webpack', false],
    ]) {
      const settings = external ? STANDALONE : {}
      project.write('next.config.mjs', `export default ${JSON.stringify(settings)}\n`)
      project.tool('next', ['build', bundler], { env })
      const server = external
        ? ['.next/standalone/server.js']
        : ['node_modules/next/dist/bin/next', 'start']
      assert.equal(await answer(project, server), LEARNED, what)
      yield what
    }
  },
}

export const frameworks = { next }
