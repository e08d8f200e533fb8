// Whether the tag that a workflow runs for ($GITHUB_REF_NAME) names the version of package.json.
import fs from 'node:fs'
import process from 'node:process'

const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8'))
const tag = process.env.GITHUB_REF_NAME
if (tag !== `v${version}`) {
  console.error(
    `gradlane: the tag ${tag ?? '(none)'} is not v${version}, the version of package.json`,
  )
  process.exit(1)
}
