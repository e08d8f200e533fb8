// A job in which one rank does not do what the others wait for.
import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'

import { distributed, empty } from '../../../dist/index.js'

const [fault, file] = process.argv.slice(2)
if (fault === 'retry') {
  const failed = distributed.init({ library: 'libnone.so.1' })
  await assert.rejects(failed, /libnone\.so\.1: cannot open/)
}
if (fault === 'late' && (process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK) === '1')
  await sleep(60_000)
const timeout = ['stop', 'late'].includes(fault) ? 700 : 60_000
const world = await distributed.init({ timeout })
const { rank } = world
// To a file, for what a rank prints may be lost when the launcher ends it.
const say = (what) => appendFileSync(file, `${JSON.stringify({ rank, ...what })}\n`)

async function meet() {
  try {
    if (fault === 'other call' && rank === 1) await world.barrier()
    else if (fault === 'other size' && rank === 1) await world.allReduce(empty([3]))
    else await world.allReduce(empty([2]))
    say({ met: true })
  } catch ({ code, message }) {
    say({ code, message })
    await world.barrier().catch((error) => say({ code: error.code, message: error.message }))
  }
}

if (fault === 'error' && rank === 1) throw new TypeError('of one rank')
if (fault === 'early end' && rank === 1) process.exit(0)
if (fault === 'kill' || fault === 'stop') {
  console.log(JSON.stringify({ rank, pid: process.pid }))
  if (rank === 1) await sleep(600_000)
}
await meet()
if (fault === 'retry') {
  assert.equal(await distributed.init({ timeout: 60_000 }), world)
  await assert.rejects(distributed.init({ timeout: 1 }), { code: 'ERR_VALUE' })
  await world.close()
  await assert.rejects(distributed.init(), /the world was closed/)
}
