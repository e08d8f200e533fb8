const special = (id: number, content: string): object => {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false }
  return { id, content, ...flags, special: true }
}

const numbered = (tokens: readonly string[]): object =>
  Object.fromEntries(tokens.map((token, number) => [token, number]))

/** Byte pairs as GPT-2 has them, of few letters; without a token for what is unknown. */
export const bytePairs = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [special(12, '<|endoftext|>')],
  normalizer: null,
  pre_tokenizer: {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  },
  post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true }, // prettier-ignore
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: '' },
    ...{ end_of_word_suffix: '', fuse_unk: false, byte_fallback: false },
    vocab: numbered(['s', 'o', 'f', 'a', 'r', ',', 'Ġ', 'so', 'fa', 'far', 'Ġfar', '__proto__']),
    merges: ['s o', 'f a', 'fa r', 'Ġ far'],
  },
}

/** Pieces of words as BERT has them, in lower case, with tokens around a text. */
export const wordPieces = {
  version: '1.0',
  truncation: { direction: 'Right', max_length: 2, strategy: 'LongestFirst', stride: 0 },
  padding: { strategy: 'BatchLongest', direction: 'Right', pad_id: 3, pad_type_id: 0, pad_token: '[PAD]' }, // prettier-ignore
  added_tokens: ['[UNK]', '[CLS]', '[SEP]', '[PAD]'].map((token, i) => special(i, token)),
  normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true }, // prettier-ignore
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 2], cls: ['[CLS]', 1] },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##' },
    max_input_chars_per_word: 100,
    vocab: numbered(['[UNK]', '[CLS]', '[SEP]', '[PAD]', 'so', 'far', '##ther', ',', 'good']),
  },
}
