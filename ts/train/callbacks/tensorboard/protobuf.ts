/** A field of a protocol buffer message, encoded. */
export type Field = Uint8Array

/** A message of fields. @see https://protobuf.dev/programming-guides/encoding/ */
export function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields)
}

/** int64 of at least 0. */
export function integer(field: number, value: number): Field {
  return Buffer.from([...varint(field * 8), ...varint(value)])
}

export function double(field: number, value: number): Field {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([Buffer.from(varint(field * 8 + 1)), bytes])
}

export function float(field: number, value: number): Field {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Buffer.concat([Buffer.from(varint(field * 8 + 5)), bytes])
}

/** Bytes, a string, or a message inside. */
export function nested(field: number, content: Uint8Array | string): Field {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(bytes.length)]), bytes])
}

/** repeated double [packed = true] */
export function doubles(field: number, values: readonly number[]): Field {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i))
  return nested(field, bytes)
}

/** Seven bits a byte, the lowest first; divisions, because numbers here may pass 2^32. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return bytes
}
