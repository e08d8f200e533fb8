# The kernels of one ISA target that are compiled at one level; a gyp target that includes this sets both.
{
  'type': 'static_library',
  'defines': ['GRADLANE_ISA_TARGET=<(isa)'],
  'sources': ['<!@(node native/sources.cjs kernels -O<(level) <(target_arch) <(isa))'],
  'cflags!': ['-fno-omit-frame-pointer'],
  # node's common.gypi appends its own -O3 after ours
  'conditions': [['"<(level)"!="3"', { 'cflags!': ['-O3'] }]],
  'cflags': [
    '-O<(level)',
    '<!@(node native/sources.cjs kernelFlags)',
    '<!@(node native/sources.cjs flags <(target_arch) <(isa))',
  ],
  'xcode_settings': {
    'GCC_OPTIMIZATION_LEVEL': '<(level)',
    'OTHER_CFLAGS': [
      '<!@(node native/sources.cjs kernelFlags)',
      '<!@(node native/sources.cjs flags <(target_arch) <(isa))',
    ],
  },
}
