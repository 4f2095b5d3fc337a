// Field addition and subtraction of nodes, one node to a vector of four limbs. Carries between the limbs are
// worked out in a small integer: bit i + 1 where limb i gives a carry, and the limbs that would pass one on;
// adding the two numbers lets the carries run (as an adder does), and a table turns the limbs that receive
// one into a vector.
#include <immintrin.h>

#include "kernels/encode.h"
#include "kernels/field.h"

#pragma GCC push_options
#pragma GCC target("avx2")

namespace seal::avx2 {

namespace {

struct Masks {
  alignas(32) long long limbs[16][4];
};

/// Entry r has -1 in the limbs whose bit is set in r.
constexpr Masks make_masks() {
  Masks masks{};
  for (int r = 0; r < 16; ++r) {
    for (int i = 0; i < 4; ++i) masks.limbs[r][i] = (r >> i) & 1 ? -1 : 0;
  }
  return masks;
}

constexpr Masks masks = make_masks();

inline __m256i mask_of(unsigned limbs) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(masks.limbs[limbs]));
}

inline unsigned bits_of(__m256i limbs) {
  return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(limbs)));
}

/// a < b limb by limb, without sign.
inline __m256i below(__m256i a, __m256i b) {
  const __m256i sign = _mm256_set1_epi64x(static_cast<long long>(1ull << 63));
  return _mm256_cmpgt_epi64(_mm256_xor_si256(b, sign), _mm256_xor_si256(a, sign));
}

struct Carried {
  __m256i value;
  bool out;  ///< a carry or borrow left the highest limb
};

inline Carried add(__m256i a, __m256i b) {
  const __m256i sum = _mm256_add_epi64(a, b);
  const unsigned passing = bits_of(_mm256_cmpeq_epi64(sum, _mm256_set1_epi64x(-1)));
  const unsigned carries = (bits_of(below(sum, a)) << 1) + passing;
  return {_mm256_sub_epi64(sum, mask_of((carries ^ passing) & 15)), (carries & 16) != 0};
}

inline Carried subtract(__m256i a, __m256i b) {
  const __m256i difference = _mm256_sub_epi64(a, b);
  const unsigned passing = bits_of(_mm256_cmpeq_epi64(difference, _mm256_setzero_si256()));
  const unsigned borrows = (bits_of(below(a, b)) << 1) + passing;
  return {_mm256_add_epi64(difference, mask_of((borrows ^ passing) & 15)), (borrows & 16) != 0};
}

inline __m256i modulus() {
  return _mm256_set_epi64x(static_cast<long long>(field_modulus[3]), static_cast<long long>(field_modulus[2]),
                           static_cast<long long>(field_modulus[1]),
                           static_cast<long long>(field_modulus[0]));
}

inline __m256i load(const Node& node) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(node.data()));
}
inline void store(Node& node, __m256i limbs) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(node.data()), limbs);
}

/// True where the highest limb alone does not tell that a node is canonical. It does in all that sealing
/// writes.
inline bool doubtful(__m256i a, __m256i b) {
  const __m256i last = _mm256_set1_epi64x(static_cast<long long>(field_modulus[3] - 1));
  return ((bits_of(below(last, a)) | bits_of(below(last, b))) & 8) != 0;
}

}  // namespace

std::optional<std::size_t> add_nodes(const Node* a, const Node* b, Node* sums, std::size_t count) {
  const __m256i p = modulus();
  for (std::size_t i = 0; i < count; ++i) {
    const __m256i x = load(a[i]);
    const __m256i y = load(b[i]);
    if (doubtful(x, y) && !(is_canonical(a[i]) && is_canonical(b[i]))) return i;
    const __m256i sum = add(x, y).value;  // both are below 2^255
    const Carried reduced = subtract(sum, p);
    store(sums[i], _mm256_blendv_epi8(reduced.value, sum, mask_of(reduced.out ? 15 : 0)));
  }
  return std::nullopt;
}

std::optional<std::size_t> subtract_nodes(const Node* a, const Node* b, Node* differences,
                                          std::size_t count) {
  const __m256i p = modulus();
  for (std::size_t i = 0; i < count; ++i) {
    const __m256i x = load(a[i]);
    const __m256i y = load(b[i]);
    if (doubtful(x, y) && !(is_canonical(a[i]) && is_canonical(b[i]))) return i;
    const Carried difference = subtract(x, y);
    store(differences[i], add(difference.value, _mm256_and_si256(p, mask_of(difference.out ? 15 : 0))).value);
  }
  return std::nullopt;
}

}  // namespace seal::avx2

#pragma GCC pop_options
