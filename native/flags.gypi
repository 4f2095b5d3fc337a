{
  "variables": {
    "seal_language": ["-std=c++20"],
    "seal_optimize": ["-O3"],
    "seal_warnings": ["-Wall", "-Wextra", "-Wno-unknown-warning-option", "-Wno-restrict"],
    "seal_sha_ni": ["-msha", "-msse4.1"],
    "seal_avx2": ["-mavx2", "-mfma"],
    "seal_avx512_ifma": [
      "-mavx512f",
      "-mavx512vl",
      "-mavx512dq",
      "-mavx512bw",
      "-mavx512ifma",
      "-Wno-uninitialized",
      "-Wno-maybe-uninitialized"
    ],
    "seal_addon": ["-fPIC", "-fvisibility=hidden"],
    "seal_addon_defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_CPP_EXCEPTIONS"],
    "seal_addon_link": ["-Wl,--exclude-libs,ALL", "-Wl,-z,now"]
  }
}
