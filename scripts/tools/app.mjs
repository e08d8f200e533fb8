// What bundlers build. Without await at the top level, which CommonJS cannot hold.
import { learn } from './xor.mjs'

learn().then(console.log)
