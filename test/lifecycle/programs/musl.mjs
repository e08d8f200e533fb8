// Loaded before another program: the process reports what one on musl reports.
import process from 'node:process'

const { getReport } = process.report
process.report.getReport = () => {
  const report = getReport.call(process.report)
  delete report.header.glibcVersionRuntime
  return report
}
