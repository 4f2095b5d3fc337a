// Poseidon on four hashes at once with AVX2 and FMA. Integer multiplication of vectors is narrow and slow
// there, but a double holds 52 bits exactly and a fused multiply-add rounds only once: with rounding toward
// zero,
//   high = a * b + 2^104              holds the product's upper 52 bits in its mantissa,
//   low  = a * b + (2^104 + 2^52 - high)   holds the lower 52 bits in its mantissa,
// both under a fixed exponent, which is the bias of this Arch.
#include <immintrin.h>

#include <map>
#include <mutex>
#include <vector>

#include "kernels/poseidon.h"

#pragma GCC push_options
#pragma GCC target("avx2,fma")

#include "kernels/poseidon_lanes.h"  // within the target: its templates are compiled for it

namespace seal::avx2 {

namespace {

struct Fma {
  using Int = __m256i;
  using Operand = __m256d;
  using Constant = double;
  static constexpr unsigned lanes = 4;
  static constexpr std::uint64_t low_bias = std::uint64_t{0x433} << 52;   // the bits of 2^52
  static constexpr std::uint64_t high_bias = std::uint64_t{0x467} << 52;  // the bits of 2^104

  static inline Int set(std::uint64_t value) { return _mm256_set1_epi64x(static_cast<long long>(value)); }
  static inline Int load(const std::uint64_t* from) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
  }
  static inline void store(std::uint64_t* to, Int value) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(to), value);
  }
  static inline Int add(Int a, Int b) { return _mm256_add_epi64(a, b); }
  static inline Int subtract(Int a, Int b) { return _mm256_sub_epi64(a, b); }
  static inline Int bit_and(Int a, Int b) { return _mm256_and_si256(a, b); }
  template <int by>
  static inline Int shift_left(Int a) {
    return _mm256_slli_epi64(a, by);
  }
  template <int by>
  static inline Int shift_right(Int a) {
    return _mm256_srli_epi64(a, by);
  }
  static inline Operand broadcast(const double* from) { return _mm256_broadcast_sd(from); }
  /// An integer below 2^52 as a double.
  static inline Operand operand(Int limb) {
    const __m256i exponent = set(low_bias);
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(limb, exponent)), _mm256_castsi256_pd(exponent));
  }
  static inline void multiply_add(Int& low, Int& high, Operand a, Operand b) {
    const __m256d upper = _mm256_fmadd_pd(a, b, _mm256_set1_pd(0x1p104));
    const __m256d rest = _mm256_sub_pd(_mm256_set1_pd(0x1p104 + 0x1p52), upper);
    high = add(high, _mm256_castpd_si256(upper));
    low = add(low, _mm256_castpd_si256(_mm256_fmadd_pd(a, b, rest)));
  }
  static inline void multiply_add_high(Int& high, Operand a, Operand b) {
    high = add(high, _mm256_castpd_si256(_mm256_fmadd_pd(a, b, _mm256_set1_pd(0x1p104))));
  }
};

/// Rounds toward zero as long as it lives.
class RoundTowardZero {
 public:
  RoundTowardZero() : before_(_mm_getcsr()) { _mm_setcsr(before_ | _MM_ROUND_TOWARD_ZERO); }
  ~RoundTowardZero() { _mm_setcsr(before_); }
  RoundTowardZero(const RoundTowardZero&) = delete;
  RoundTowardZero& operator=(const RoundTowardZero&) = delete;

 private:
  unsigned before_;
};

// Not inlined, so that no arithmetic moves out of the rounding mode's scope.
[[gnu::noinline]] void hash_groups(const lanes::Constants<Fma>& constants, const Node* inputs, Node* outputs,
                                   std::size_t groups) {
  lanes::Permutation<Fma> permutation(constants);
  const std::size_t arity = constants.width - 1;
  for (std::size_t i = 0; i < groups; ++i) {
    permutation.hash(inputs + i * Fma::lanes * arity, outputs + i * Fma::lanes);
  }
}

}  // namespace

}  // namespace seal::avx2

#pragma GCC pop_options

namespace seal::avx2 {

namespace {

const lanes::Constants<Fma>& constants_of(unsigned arity) {
  static std::mutex mutex;
  static std::map<unsigned, lanes::Constants<Fma>> known;
  const std::lock_guard lock(mutex);
  return known.try_emplace(arity, arity).first->second;
}

}  // namespace

void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count) {
  std::size_t vectored = 0;
  if (arity < lanes::max_width) {
    const lanes::Constants<Fma>& constants = constants_of(arity);
    const std::size_t groups = count / Fma::lanes;
    const RoundTowardZero mode;
    hash_groups(constants, inputs, outputs, groups);
    vectored = groups * Fma::lanes;
  }
  plain::poseidon_hash_row(arity, inputs + vectored * arity, outputs + vectored, count - vectored);
}

}  // namespace seal::avx2
