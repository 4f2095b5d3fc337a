// Poseidon on eight hashes at once with AVX-512 IFMA, whose instructions multiply 52-bit limbs directly.
// GCC 12 takes its own header's deliberately undefined vectors for mistakes (its bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <map>
#include <mutex>
#include <vector>

#include "kernels/poseidon.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx512ifma")

#include "kernels/poseidon_lanes.h"  // within the target: its templates are compiled for it

namespace seal::avx512_ifma {

namespace {

struct Ifma {
  using Int = __m512i;
  using Operand = __m512i;
  using Constant = std::uint64_t;
  static constexpr unsigned lanes = 8;
  static constexpr std::uint64_t low_bias = 0;
  static constexpr std::uint64_t high_bias = 0;

  static inline Int set(std::uint64_t value) { return _mm512_set1_epi64(static_cast<long long>(value)); }
  static inline Int load(const std::uint64_t* from) { return _mm512_load_si512(from); }
  static inline void store(std::uint64_t* to, Int value) { _mm512_store_si512(to, value); }
  static inline Int add(Int a, Int b) { return _mm512_add_epi64(a, b); }
  static inline Int subtract(Int a, Int b) { return _mm512_sub_epi64(a, b); }
  static inline Int bit_and(Int a, Int b) { return _mm512_and_si512(a, b); }
  template <int by>
  static inline Int shift_left(Int a) {
    return _mm512_slli_epi64(a, by);
  }
  template <int by>
  static inline Int shift_right(Int a) {
    return _mm512_srli_epi64(a, by);
  }
  static inline Operand broadcast(const std::uint64_t* from) { return set(*from); }
  static inline Operand operand(Int limb) { return limb; }
  static inline void multiply_add(Int& low, Int& high, Operand a, Operand b) {
    low = _mm512_madd52lo_epu64(low, a, b);
    high = _mm512_madd52hi_epu64(high, a, b);
  }
  static inline void multiply_add_high(Int& high, Operand a, Operand b) {
    high = _mm512_madd52hi_epu64(high, a, b);
  }
};

void hash_groups(const lanes::Constants<Ifma>& constants, const Node* inputs, Node* outputs,
                 std::size_t groups) {
  lanes::Permutation<Ifma> permutation(constants);
  const std::size_t arity = constants.width - 1;
  for (std::size_t i = 0; i < groups; ++i) {
    permutation.hash(inputs + i * Ifma::lanes * arity, outputs + i * Ifma::lanes);
  }
}

}  // namespace

}  // namespace seal::avx512_ifma

#pragma GCC pop_options

namespace seal::avx512_ifma {

namespace {

const lanes::Constants<Ifma>& constants_of(unsigned arity) {
  static std::mutex mutex;
  static std::map<unsigned, lanes::Constants<Ifma>> known;
  const std::lock_guard lock(mutex);
  return known.try_emplace(arity, arity).first->second;
}

}  // namespace

void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count) {
  std::size_t vectored = 0;
  if (arity < lanes::max_width) {
    const std::size_t groups = count / Ifma::lanes;
    hash_groups(constants_of(arity), inputs, outputs, groups);
    vectored = groups * Ifma::lanes;
  }
  plain::poseidon_hash_row(arity, inputs + vectored * arity, outputs + vectored, count - vectored);
}

}  // namespace seal::avx512_ifma
