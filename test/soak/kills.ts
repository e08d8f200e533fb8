/** Kills 50 trainings (`npm run test:soak -- kills`, or `-- kills -- 500`): each resumes to the same bits. */
import { killTrainings } from '../lifecycle/kills.js'

await killTrainings(Number(process.argv[2] ?? 50))
