// Control characters but tab and line feed, marks that turn the direction of the text, and separators that
// some terminals take for the end of a line.
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** A text with `\u001b` and the like in the place of what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(STEERING, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
