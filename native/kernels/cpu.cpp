#include "kernels/cpu.h"

namespace seal {

namespace {

CpuFeatures& features_in_use() {
  static CpuFeatures features = detected_features();
  return features;
}

}  // namespace

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
