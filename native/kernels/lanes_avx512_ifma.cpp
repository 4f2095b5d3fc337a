// Poseidon and multiplication of nodes, eight at once, with AVX-512 IFMA, whose instructions multiply 52-bit
// limbs directly. GCC 12 takes its own header's deliberately undefined vectors for mistakes (its bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "kernels/poseidon.h"
#include "kernels/scale.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx512ifma")

#include "kernels/poseidon_lanes.h"  // within the target: its templates are compiled for it
#include "kernels/scale_lanes.h"

namespace seal::avx512_ifma {

namespace {

struct Ifma {
  struct Mode {};
  using Int = __m512i;
  using Operand = __m512i;
  using Constant = std::uint64_t;
  static constexpr unsigned lanes = 8;
  static constexpr std::uint64_t low_bias = 0;
  static constexpr std::uint64_t high_bias = 0;

  static inline Int set(std::uint64_t value) { return _mm512_set1_epi64(static_cast<long long>(value)); }
  static inline void load_nodes(const Node* nodes, std::size_t stride, Int (&words)[4]) {
    const Int indices = places(stride);
    for (unsigned i = 0; i < 4; ++i) {
      words[i] = _mm512_i64gather_epi64(indices, reinterpret_cast<const std::uint8_t*>(nodes) + 8 * i, 8);
    }
  }
  static inline void store_nodes(Node* nodes, const Int (&words)[4]) {
    const Int indices = places(1);
    for (unsigned i = 0; i < 4; ++i) {
      _mm512_i64scatter_epi64(reinterpret_cast<std::uint8_t*>(nodes) + 8 * i, indices, words[i], 8);
    }
  }
  /// Where the nodes begin, in words.
  static inline Int places(std::size_t stride) {
    const Int lane = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_mullo_epi64(lane, set(4 * stride));
  }
  static inline bool any_above(Int a, std::uint64_t limit) {
    return _mm512_cmpgt_epu64_mask(a, set(limit)) != 0;
  }
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

}  // namespace

}  // namespace seal::avx512_ifma

#pragma GCC pop_options

namespace seal::avx512_ifma {

void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count) {
  lanes::hash_row<Ifma>(arity, inputs, outputs, count);
}

std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count) {
  return lanes::scale_nodes<Ifma>(nodes, factor, products, count);
}

}  // namespace seal::avx512_ifma
