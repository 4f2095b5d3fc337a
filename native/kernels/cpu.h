// The instruction sets of this machine, by which every fast path is selected at run time.
#pragma once

#include <string>
#include <vector>

namespace seal {

struct CpuFeatures {
  bool sha_ni = false;       ///< SHA extensions with SSE4.1
  bool avx2 = false;         ///< AVX2 with FMA
  bool avx512_ifma = false;  ///< AVX-512 F, VL, DQ, BW and IFMA
};

/// The features that the processor and the system support. None on processors other than x86-64: simd/other.
CpuFeatures detected_features();

/// The features that the kernels may use now: all detected ones, unless limited.
const CpuFeatures& cpu_features();

/// Allows only these of the detected features. For tests and benchmarks; do not call it while a kernel runs.
void limit_cpu_features(const CpuFeatures& allowed);

/// Names of the features in use, for reports: "sha-ni", "avx2", "avx512-ifma".
std::vector<std::string> cpu_feature_names();

/// Tells the processor that this thread waits in a loop.
inline void pause_spinning() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace seal
