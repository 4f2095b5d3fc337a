// Poseidon and multiplication of nodes, eight at once, with AVX-512 IFMA, whose instructions multiply 52-bit
// limbs directly.
#include <immintrin.h>

#include "kernels/simd/poseidon_lanes.h"
#include "kernels/simd/scale_lanes.h"

namespace seal::avx512_ifma {

namespace {

struct Ifma {
  struct Mode {};
  using Int = __m512i;
  using Operand = __m512i;
  using Constant = std::uint64_t;
  static constexpr unsigned lanes = 8;
  static constexpr unsigned scaled_at_once = 2;
  static constexpr std::uint64_t low_bias = 0;
  static constexpr std::uint64_t high_bias = 0;

  static inline Int set(std::uint64_t value) { return _mm512_set1_epi64(static_cast<long long>(value)); }
  /// Loads two nodes, which need not be adjacent.
  static inline Int load_two(const Node* first, const Node* second) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(first));
    return _mm512_inserti64x4(_mm512_castsi256_si512(low),
                              _mm256_loadu_si256(reinterpret_cast<const __m256i*>(second)), 1);
  }
  /// Lanes 0 to 7 contain the nodes 0, 2, 1, 3, 4, 6, 5, 7. `store_nodes` restores the order.
  static inline void load_nodes(const Node* nodes, std::size_t stride, Int (&words)[4]) {
    Int even[2];  // words 0 and 2 of four nodes
    Int odd[2];
    for (unsigned half = 0; half < 2; ++half) {
      const Node* four = nodes + 4 * half * stride;
      const Int a = load_two(four, four + stride);
      const Int b = load_two(four + 2 * stride, four + 3 * stride);
      even[half] = _mm512_unpacklo_epi64(a, b);
      odd[half] = _mm512_unpackhi_epi64(a, b);
    }
    constexpr int low_parts = 0x88;  // of 128 bits: 0 and 2 of either operand
    constexpr int high_parts = 0xdd;
    words[0] = _mm512_shuffle_i64x2(even[0], even[1], low_parts);
    words[1] = _mm512_shuffle_i64x2(odd[0], odd[1], low_parts);
    words[2] = _mm512_shuffle_i64x2(even[0], even[1], high_parts);
    words[3] = _mm512_shuffle_i64x2(odd[0], odd[1], high_parts);
  }
  static inline void store_nodes(Node* nodes, const Int (&words)[4]) {
    const Int parts[2][2] = {
        {_mm512_unpacklo_epi64(words[0], words[1]), _mm512_unpacklo_epi64(words[2], words[3])},
        {_mm512_unpackhi_epi64(words[0], words[1]), _mm512_unpackhi_epi64(words[2], words[3])}};
    // Nodes 0 and 1 are in the lower half of `parts[0]`, nodes 2 and 3 in that of `parts[1]`, the others in
    // the upper halves.
    const Int lower = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    const Int upper = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    for (unsigned pair = 0; pair < 4; ++pair) {
      const auto& [low_words, high_words] = parts[pair % 2];
      _mm512_storeu_si512(nodes + 2 * pair,
                          _mm512_permutex2var_epi64(low_words, pair < 2 ? lower : upper, high_words));
    }
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
  /// The instructions ignore the other bits.
  static inline Operand low_operand(Int value) { return value; }
  static inline void multiply_add(Int& low, Int& high, Operand a, Operand b) {
    low = _mm512_madd52lo_epu64(low, a, b);
    high = _mm512_madd52hi_epu64(high, a, b);
  }
  static inline void multiply_add_high(Int& high, Operand a, Operand b) {
    high = _mm512_madd52hi_epu64(high, a, b);
  }
};

}  // namespace

void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count) {
  lanes::hash_row<Ifma>(arity, inputs, outputs, count);
}

std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count) {
  return lanes::scale_nodes<Ifma>(nodes, factor, products, count);
}

}  // namespace seal::avx512_ifma
