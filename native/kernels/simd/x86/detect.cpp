#include <cpuid.h>

#include "kernels/cpu.h"

namespace seal {

namespace {

// Before GCC 14 the compiler's list of feature names does not contain "sha", so the bit is read directly.
bool has_sha_extension() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1u << 29)) != 0;
}

}  // namespace

CpuFeatures detected_features() {
  __builtin_cpu_init();
  CpuFeatures features;
  features.sha_ni = has_sha_extension() && __builtin_cpu_supports("sse4.1");
  features.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  features.avx512_ifma = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512ifma");
  return features;
}

}  // namespace seal
