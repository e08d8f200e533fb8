{
  'target_defaults': {
    'defines': ['NAPI_VERSION=8'],
    'include_dirs': ['native'],
    'cflags!': ['-fno-exceptions'],
    'cflags': ['-O3', '-fvisibility=hidden', '-fno-plt', '-Wall', '-Wextra', '-ffp-contract=off'],
    # node's common.gypi appends its own -std=gnu++NN after ours, so take it away first
    'cflags_cc!': ['-std=gnu++14', '-std=gnu++17', '-std=gnu++20', '-fno-exceptions'],
    'cflags_cc': ['-std=c++20'],
    'xcode_settings': {
      'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
      'GCC_OPTIMIZATION_LEVEL': '3',
      'OTHER_CFLAGS': ['-fvisibility=hidden', '-ffp-contract=off'],
    },
  },
  'targets': [
    {
      'target_name': 'kernels_baseline',
      'type': 'static_library',
      'defines': ['GRADLANE_ROW=baseline'],
      'sources': ['<!@(node native/sources.cjs kernels)'],
      'cflags': ['<!@(node native/sources.cjs kernelFlags)'],
      'xcode_settings': { 'OTHER_CFLAGS': ['<!@(node native/sources.cjs kernelFlags)'] },
    },
    {
      'target_name': 'gradlane',
      'sources': ['<!@(node native/sources.cjs core)', '<!@(node native/sources.cjs binding)'],
      # Loops that are worth more code stand in the kernels.
      'cflags!': ['-O3'],
      'cflags': ['-O2', '-ffunction-sections', '-fdata-sections'],
      'dependencies': [
        '<!(node -p "require(\'node-addon-api\').targets"):node_addon_api_except',
        'kernels_baseline',
      ],
      'conditions': [
        ['target_arch=="x64"', { 'dependencies': ['kernels_avx2', 'kernels_avx512'] }],
        ['OS=="linux"', {
          'ldflags': [
            '-Wl,--version-script=<(module_root_dir)/native/binding/exports.map',
            # pool threads must never outlive their code
            '-Wl,-z,nodelete',
            '-Wl,--gc-sections',
          ],
        }],
      ],
    },
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'kernels_avx2',
          'type': 'static_library',
          'defines': ['GRADLANE_ROW=avx2'],
          'sources': ['<!@(node native/sources.cjs kernels)'],
          'cflags': ['<!@(node native/sources.cjs kernelFlags)', '<!@(node native/sources.cjs flags x64 avx2)'],
          'xcode_settings': { 'OTHER_CFLAGS': ['<!@(node native/sources.cjs kernelFlags)', '<!@(node native/sources.cjs flags x64 avx2)'] },
        },
        {
          'target_name': 'kernels_avx512',
          'type': 'static_library',
          'defines': ['GRADLANE_ROW=avx512'],
          'sources': ['<!@(node native/sources.cjs kernels)'],
          'cflags': ['<!@(node native/sources.cjs kernelFlags)', '<!@(node native/sources.cjs flags x64 avx512)'],
          'xcode_settings': { 'OTHER_CFLAGS': ['<!@(node native/sources.cjs kernelFlags)', '<!@(node native/sources.cjs flags x64 avx512)'] },
        },
      ],
    }],
  ],
}
