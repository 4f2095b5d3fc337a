{
  "target_defaults": {
    "cflags!": ["-fno-exceptions"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    # GCC 12 sees overlapping copies in std::string where there are none (its bug 105651): hence no-restrict.
    "cflags_cc": ["-std=c++20", "-O3", "-Wall", "-Wextra", "-Werror", "-Wno-restrict", "-fvisibility=hidden"],
    "include_dirs": ["."]
  },
  "targets": [
    {
      # The kernels: no Node types, no Node headers.
      "target_name": "sealkernels",
      "type": "static_library",
      "sources": ["<!@(ls kernels/*.cpp)"],
      "cflags_cc": ["-fPIC"]
    },
    {
      # The addon: arguments in, results out, nothing decided.
      "target_name": "seal",
      "dependencies": ["sealkernels"],
      "sources": ["<!@(ls binding/*.cpp)"],
      "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_CPP_EXCEPTIONS"],
      # libstdc++ stays dynamic: a static one would ask for a newer glibc than Node itself.
      "ldflags": ["-Wl,--exclude-libs,ALL", "-Wl,-z,now"]
    }
  ]
}
