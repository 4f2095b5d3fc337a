{
  "includes": ["flags.gypi"],
  "variables": {"seal_werror%": 0},
  "target_defaults": {
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["<@(seal_language)", "<@(seal_optimize)", "<@(seal_warnings)", "<@(seal_addon)"],
    "include_dirs": ["."],
    "conditions": [["seal_werror==1", {"cflags_cc": ["-Werror"]}]]
  },
  "targets": [
    {
      # The kernels: no Node types, no Node headers.
      "target_name": "sealkernels",
      "type": "static_library",
      "sources": ["<!@(ls kernels/*.cpp kernels/simd/*.cpp)"],
      "conditions": [
        ["target_arch=='x64'", {
          "sources": ["<!@(ls kernels/simd/x86/*.cpp)"]
        }, {
          "sources": ["<!@(ls kernels/simd/other/*.cpp)"]
        }]
      ]
    },
    {
      # The addon: arguments in, results out, nothing decided. The linker keeps the first copy of an inline function,
      # so kernels with more demanding instructions stand later.
      "target_name": "seal",
      "dependencies": ["sealkernels"],
      "sources": ["<!@(ls binding/*.cpp)"],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")"],
      "defines": ["<@(seal_addon_defines)"],
      # libstdc++ stays dynamic: a static one would ask for a newer glibc than Node itself.
      "ldflags": ["<@(seal_addon_link)"],
      "conditions": [
        ["target_arch=='x64'", {
          "dependencies": ["sealkernels_sha_ni", "sealkernels_avx2", "sealkernels_avx512_ifma"]
        }]
      ]
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "sealkernels_sha_ni",
          "type": "static_library",
          "sources": ["<!@(ls kernels/simd/x86/sha_ni/*.cpp)"],
          "cflags_cc": ["<@(seal_sha_ni)"]
        },
        {
          "target_name": "sealkernels_avx2",
          "type": "static_library",
          "sources": ["<!@(ls kernels/simd/x86/avx2/*.cpp)"],
          "cflags_cc": ["<@(seal_avx2)"]
        },
        {
          "target_name": "sealkernels_avx512_ifma",
          "type": "static_library",
          "sources": ["<!@(ls kernels/simd/x86/avx512_ifma/*.cpp)"],
          "cflags_cc": ["<@(seal_avx512_ifma)"]
        }
      ]
    }]
  ]
}
