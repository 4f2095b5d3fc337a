// Replaces simd/x86 on other processors. It detects no features, so the functions below are never called.
#include <atomic>

#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/graph.h"
#include "kernels/label.h"
#include "kernels/poseidon.h"
#include "kernels/scale.h"
#include "kernels/sha256.h"

namespace seal {

namespace {

[[noreturn]] void fail(const char* instructions) {
  throw Failure(FailureCode::internal, std::string("this processor has no ") + instructions);
}

}  // namespace

CpuFeatures detected_features() {
  return {};
}

namespace sha_ni {

void sha256_compress(std::uint32_t*, const std::uint8_t*, std::size_t) {
  fail("SHA extensions");
}
void sha254_row(const Node*, Node*, std::size_t) {
  fail("SHA extensions");
}
void label_nodes(std::span<const LabelLayer>, unsigned, std::uint64_t, std::uint64_t, const std::uint32_t*,
                 std::uint64_t) {
  fail("SHA extensions");
}
void label_gathered_nodes(std::span<const LabelLayer>, unsigned, std::uint64_t, std::uint64_t,
                          GatheredParents*, const std::uint32_t*, std::atomic<std::uint64_t>&) {
  fail("SHA extensions");
}

}  // namespace sha_ni

namespace avx2 {

void sha254_row(const Node*, Node*, std::size_t) {
  fail("AVX2");
}
void parents_of_range(const Graph&, std::uint32_t, std::uint32_t, std::uint32_t*) {
  fail("AVX2");
}
void poseidon_hash_row(unsigned, const Node*, Node*, std::size_t) {
  fail("AVX2");
}
std::optional<std::size_t> scale_nodes(const Node*, const Fr&, Node*, std::size_t) {
  fail("AVX2");
}

}  // namespace avx2

namespace avx512_ifma {

void poseidon_hash_row(unsigned, const Node*, Node*, std::size_t) {
  fail("AVX-512 IFMA");
}
std::optional<std::size_t> scale_nodes(const Node*, const Fr&, Node*, std::size_t) {
  fail("AVX-512 IFMA");
}

}  // namespace avx512_ifma

}  // namespace seal
