/** What a training that goes on has to tell: a process warning of type `GradlaneWarning`. */
export function warn(message: string): void {
  process.emitWarning(message, { type: 'GradlaneWarning', code: 'GRADLANE_TRAINING' })
}
