# The kernels of one row that are compiled at one level; a target that includes this sets both.
{
  'type': 'static_library',
  'defines': ['GRADLANE_ROW=<(row)'],
  'sources': ['<!@(node native/sources.cjs kernels -O<(level) <(target_arch) <(row))'],
  'cflags!': ['-fno-omit-frame-pointer'],
  # node's common.gypi appends its own -O3 after ours
  'conditions': [['"<(level)"!="3"', { 'cflags!': ['-O3'] }]],
  'cflags': [
    '-O<(level)',
    '<!@(node native/sources.cjs kernelFlags)',
    '<!@(node native/sources.cjs flags <(target_arch) <(row))',
  ],
  'xcode_settings': {
    'GCC_OPTIMIZATION_LEVEL': '<(level)',
    'OTHER_CFLAGS': [
      '<!@(node native/sources.cjs kernelFlags)',
      '<!@(node native/sources.cjs flags <(target_arch) <(row))',
    ],
  },
}
