export function namesOf(exported: object): Record<string, string>
