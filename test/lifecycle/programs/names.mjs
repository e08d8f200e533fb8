/** Each export by its path (`nn.Linear`): a class or function with the name that messages show. */
export function namesOf(exported, within = '') {
  return Object.fromEntries(
    Object.entries(exported).flatMap(([key, value]) => {
      if (typeof value === 'function') return [[within + key, value.name]]
      if (typeof value !== 'object' || value === null) return [[within + key, typeof value]]
      return Object.entries(namesOf(value, `${within}${key}.`))
    }),
  )
}
