{
  'target_defaults': {
    'defines': ['NAPI_VERSION=8'],
    'include_dirs': ['native'],
    'cflags': ['-fvisibility=hidden', '-fno-plt', '-Wall', '-Wextra'],
    # node's common.gypi appends its own -std=gnu++NN after ours, so take it away first
    'cflags_cc!': ['-std=gnu++14', '-std=gnu++17', '-std=gnu++20'],
    'cflags_cc': ['-std=c++20'],
    'xcode_settings': {
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
      'OTHER_CFLAGS': ['-fvisibility=hidden'],
    },
  },
  'targets': [
    {
      # The core and the binding: what only large work passes through at -Os, and what every call
      # does at -O2. Loops that are worth more code stand in the kernels. Without the vectorizer of
      # straight-line code, which joins what two stores of arguments have just written to one load:
      # that waits for both, some 20 times a step of a small network.
      'target_name': 'gradlane',
      'sources': ['<!@(node native/sources.cjs core -Os)', '<!@(node native/sources.cjs binding -Os)'],
      'cflags!': ['-O3', '-fno-omit-frame-pointer'],
      'cflags': ['-Os', '<!@(node native/sources.cjs coreFlags)', '-ffunction-sections', '-fdata-sections'],
      'xcode_settings': {
        'GCC_OPTIMIZATION_LEVEL': 's',
        'OTHER_CFLAGS': ['<!@(node native/sources.cjs coreFlags)'],
      },
      'dependencies': [
        '<!(node -p "require(\'node-addon-api\').targets"):node_addon_api_except',
        'core_2',
      ],
      'conditions': [
        ['target_arch=="x64"', {
          'dependencies': [
            'kernels_baseline_s',
            'kernels_avx2_3', 'kernels_avx2_2', 'kernels_avx2_s',
            'kernels_avx512_3', 'kernels_avx512_2', 'kernels_avx512_s',
          ],
        }, {
          'dependencies': ['kernels_baseline_3', 'kernels_baseline_2', 'kernels_baseline_s'],
        }],
        ['OS=="linux"', {
          'libraries': ['-ldl'],
          'ldflags': [
            '-Wl,--version-script=<(module_root_dir)/native/binding/exports.map',
            # pool threads must never outlive their code
            '-Wl,-z,nodelete',
            '-Wl,--gc-sections',
            '-Wl,-z,noseparate-code',
          ],
        }],
      ],
    },
    {
      'target_name': 'core_2',
      'type': 'static_library',
      'sources': ['<!@(node native/sources.cjs core -O2)', '<!@(node native/sources.cjs binding -O2)'],
      'cflags!': ['-O3', '-fno-omit-frame-pointer'],
      'cflags': ['-O2', '<!@(node native/sources.cjs coreFlags)', '-ffunction-sections', '-fdata-sections'],
      'xcode_settings': {
        'GCC_OPTIMIZATION_LEVEL': '2',
        'OTHER_CFLAGS': ['<!@(node native/sources.cjs coreFlags)'],
      },
      'dependencies': [
        '<!(node -p "require(\'node-addon-api\').targets"):node_addon_api_except',
      ],
    },
    {
      'target_name': 'kernels_baseline_s',
      'variables': { 'isa': 'baseline', 'level': 's' },
      'includes': ['native/kernels.gypi'],
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'kernels_avx2_3',
          'variables': { 'isa': 'avx2', 'level': '3' },
          'includes': ['native/kernels.gypi'],
        },
        {
          'target_name': 'kernels_avx2_2',
          'variables': { 'isa': 'avx2', 'level': '2' },
          'includes': ['native/kernels.gypi'],
        },
        {
          'target_name': 'kernels_avx2_s',
          'variables': { 'isa': 'avx2', 'level': 's' },
          'includes': ['native/kernels.gypi'],
        },
        {
          'target_name': 'kernels_avx512_3',
          'variables': { 'isa': 'avx512', 'level': '3' },
          'includes': ['native/kernels.gypi'],
        },
        {
          'target_name': 'kernels_avx512_2',
          'variables': { 'isa': 'avx512', 'level': '2' },
          'includes': ['native/kernels.gypi'],
        },
        {
          'target_name': 'kernels_avx512_s',
          'variables': { 'isa': 'avx512', 'level': 's' },
          'includes': ['native/kernels.gypi'],
        },
      ],
    }, {
      'targets': [
        {
          'target_name': 'kernels_baseline_3',
          'variables': { 'isa': 'baseline', 'level': '3' },
          'includes': ['native/kernels.gypi'],
        },
        {
          'target_name': 'kernels_baseline_2',
          'variables': { 'isa': 'baseline', 'level': '2' },
          'includes': ['native/kernels.gypi'],
        },
      ],
    }],
  ],
}
