#include "kernels/cpu.h"

#include <cpuid.h>

namespace seal {

namespace {

// The compiler's list of feature names has no "sha" before GCC 14, so this one bit is read directly.
bool has_sha_extension() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1u << 29)) != 0;
}

CpuFeatures& features_in_use() {
  static CpuFeatures features = detected_features();
  return features;
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

const CpuFeatures& cpu_features() {
  return features_in_use();
}

void limit_cpu_features(const CpuFeatures& allowed) {
  const CpuFeatures detected = detected_features();
  features_in_use() = {allowed.sha_ni && detected.sha_ni, allowed.avx2 && detected.avx2,
                       allowed.avx512_ifma && detected.avx512_ifma};
}

std::vector<std::string> cpu_feature_names() {
  std::vector<std::string> names;
  if (cpu_features().sha_ni) names.emplace_back("sha-ni");
  if (cpu_features().avx2) names.emplace_back("avx2");
  if (cpu_features().avx512_ifma) names.emplace_back("avx512-ifma");
  return names;
}

}  // namespace seal
