/**
 * The cases of test/fuzz, many: `npm run test:soak -- fuzz -- [cases] [first seed]`, 100,000 by default.
 */
import { Fuzzer, report } from '../fuzz/fuzz.js'

const [cases = 100_000, first = 1_000_000] = process.argv.slice(2).map(Number)
const fuzzer = await Fuzzer.prepared()
for (let i = 0; i < cases; i++) await fuzzer.run(first + i)
fuzzer.close()
const { length } = fuzzer.faults
process.stdout.write(
  `${cases} cases from seed ${first}: ${length} faults\n${report(fuzzer.faults)}\n`,
)
if (length > 0) process.exitCode = 1
