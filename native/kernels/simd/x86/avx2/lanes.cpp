// Poseidon and multiplication of nodes, four at once, with AVX2 and FMA. Integer multiplication of vectors is
// narrow and slow there, but a double holds 52 bits exactly and a fused multiply-add rounds only once: with
// rounding toward zero,
//   high = a * b + 2^104              holds the product's upper 52 bits in its mantissa,
//   low  = a * b + (2^104 + 2^52 - high)   holds the lower 52 bits in its mantissa,
// both under a fixed exponent, which is the bias of this Arch.
#include <immintrin.h>

#include "kernels/simd/poseidon_lanes.h"
#include "kernels/simd/scale_lanes.h"

namespace seal::avx2 {

namespace {

/// Sets rounding toward zero during its lifetime.
class RoundTowardZero {
 public:
  RoundTowardZero() : before_(_mm_getcsr()) { _mm_setcsr(before_ | _MM_ROUND_TOWARD_ZERO); }
  ~RoundTowardZero() { _mm_setcsr(before_); }
  RoundTowardZero(const RoundTowardZero&) = delete;
  RoundTowardZero& operator=(const RoundTowardZero&) = delete;

 private:
  unsigned before_;
};

struct Fma {
  using Mode = RoundTowardZero;
  using Int = __m256i;
  using Operand = __m256d;
  using Constant = double;
  static constexpr unsigned lanes = 4;
  static constexpr unsigned scaled_at_once = 1;
  static constexpr std::uint64_t low_bias = std::uint64_t{0x433} << 52;   // the bits of 2^52
  static constexpr std::uint64_t high_bias = std::uint64_t{0x467} << 52;  // the bits of 2^104

  static inline Int set(std::uint64_t value) { return _mm256_set1_epi64x(static_cast<long long>(value)); }
  static inline Int load(const Node* node) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(node));
  }
  static inline void store(Node* node, Int value) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(node), value);
  }
  /// Converts rows to columns and back.
  static inline void transpose(Int a, Int b, Int c, Int d, Int (&columns)[4]) {
    const Int even_ab = _mm256_unpacklo_epi64(a, b);
    const Int odd_ab = _mm256_unpackhi_epi64(a, b);
    const Int even_cd = _mm256_unpacklo_epi64(c, d);
    const Int odd_cd = _mm256_unpackhi_epi64(c, d);
    columns[0] = _mm256_permute2x128_si256(even_ab, even_cd, 0x20);
    columns[1] = _mm256_permute2x128_si256(odd_ab, odd_cd, 0x20);
    columns[2] = _mm256_permute2x128_si256(even_ab, even_cd, 0x31);
    columns[3] = _mm256_permute2x128_si256(odd_ab, odd_cd, 0x31);
  }
  static inline void load_nodes(const Node* nodes, std::size_t stride, Int (&words)[4]) {
    transpose(load(nodes), load(nodes + stride), load(nodes + 2 * stride), load(nodes + 3 * stride), words);
  }
  static inline void store_nodes(Node* nodes, const Int (&words)[4]) {
    Int rows[4];
    transpose(words[0], words[1], words[2], words[3], rows);
    for (unsigned i = 0; i < 4; ++i) store(nodes + i, rows[i]);
  }
  static inline bool any_above(Int a, std::uint64_t limit) {
    constexpr std::uint64_t sign = std::uint64_t{1} << 63;  // the instruction compares signed numbers
    const Int above = _mm256_cmpgt_epi64(_mm256_xor_si256(a, set(sign)), set(limit ^ sign));
    return _mm256_testz_si256(above, above) == 0;
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
  static inline Operand low_operand(Int value) { return operand(bit_and(value, set(lanes::limb_mask))); }
  static inline void multiply_add(Int& low, Int& high, Operand a, Operand b) {
    const __m256d upper = _mm256_fmadd_pd(a, b, _mm256_set1_pd(0x1p104));
    const __m256d rest = _mm256_sub_pd(_mm256_set1_pd(0x1p104 + 0x1p52), upper);
    high = add(high, _mm256_castpd_si256(upper));
    low = add(low, _mm256_castpd_si256(_mm256_fmadd_pd(a, b, rest)));
    // Keeps the sums in the order written: the compiler's order needs more registers than there are.
    asm("" : "+x"(low), "+x"(high));
  }
  static inline void multiply_add_high(Int& high, Operand a, Operand b) {
    high = add(high, _mm256_castpd_si256(_mm256_fmadd_pd(a, b, _mm256_set1_pd(0x1p104))));
  }
};

}  // namespace

void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count) {
  lanes::hash_row<Fma>(arity, inputs, outputs, count);
}

std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count) {
  return lanes::scale_nodes<Fma>(nodes, factor, products, count);
}

}  // namespace seal::avx2
