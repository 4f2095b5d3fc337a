// sha254 of eight pairs at once, one pair in each 32-bit lane, for processors without the SHA extensions.
#include <immintrin.h>

#include "kernels/sha256.h"

namespace seal::avx2 {

namespace {

constexpr unsigned lanes = 8;

inline __m256i rotate_right(__m256i v, int by) {
  return _mm256_or_si256(_mm256_srli_epi32(v, by), _mm256_slli_epi32(v, 32 - by));
}

inline __m256i xor3(__m256i a, __m256i b, __m256i c) {
  return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

/// Message words [8 * half, 8 * half + 8) of eight messages of 64 bytes, word by word.
inline void load_transposed(const std::uint8_t* messages, unsigned half, __m256i* w) {
  const __m256i swap =
      _mm256_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203, 0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m256i r[8];
  for (unsigned i = 0; i < lanes; ++i) {
    const auto* from = reinterpret_cast<const __m256i*>(messages + 64 * i) + half;
    r[i] = _mm256_shuffle_epi8(_mm256_loadu_si256(from), swap);
  }
  __m256i pairs[8];
  for (unsigned i = 0; i < 4; ++i) {
    pairs[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
    pairs[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
  }
  __m256i quads[8];  // quads[4 * h + i]: word i (low lane) and i + 4 (high lane) of messages 4h to 4h + 3
  for (unsigned h = 0; h < 2; ++h) {
    quads[4 * h + 0] = _mm256_unpacklo_epi64(pairs[4 * h], pairs[4 * h + 2]);
    quads[4 * h + 1] = _mm256_unpackhi_epi64(pairs[4 * h], pairs[4 * h + 2]);
    quads[4 * h + 2] = _mm256_unpacklo_epi64(pairs[4 * h + 1], pairs[4 * h + 3]);
    quads[4 * h + 3] = _mm256_unpackhi_epi64(pairs[4 * h + 1], pairs[4 * h + 3]);
  }
  for (unsigned i = 0; i < 4; ++i) {
    w[i] = _mm256_permute2x128_si256(quads[i], quads[4 + i], 0x20);
    w[i + 4] = _mm256_permute2x128_si256(quads[i], quads[4 + i], 0x31);
  }
}

inline void compress(__m256i (&state)[8], __m256i (&w)[16]) {
  __m256i v[8];
  for (unsigned i = 0; i < 8; ++i) v[i] = state[i];
#pragma GCC unroll 64
  for (unsigned i = 0; i < 64; ++i) {
    if (i >= 16) {
      const __m256i a = w[(i + 1) % 16];
      const __m256i b = w[(i + 14) % 16];
      const __m256i s0 = xor3(rotate_right(a, 7), rotate_right(a, 18), _mm256_srli_epi32(a, 3));
      const __m256i s1 = xor3(rotate_right(b, 17), rotate_right(b, 19), _mm256_srli_epi32(b, 10));
      w[i % 16] = _mm256_add_epi32(_mm256_add_epi32(w[i % 16], s0), _mm256_add_epi32(w[(i + 9) % 16], s1));
    }
    // The working variables are renamed each round instead of being moved.
    __m256i& a = v[(64 - i) % 8];
    __m256i& b = v[(65 - i) % 8];
    __m256i& c = v[(66 - i) % 8];
    __m256i& d = v[(67 - i) % 8];
    __m256i& e = v[(68 - i) % 8];
    __m256i& f = v[(69 - i) % 8];
    __m256i& g = v[(70 - i) % 8];
    __m256i& h = v[(71 - i) % 8];
    const __m256i s1 = xor3(rotate_right(e, 6), rotate_right(e, 11), rotate_right(e, 25));
    const __m256i choice = _mm256_xor_si256(_mm256_and_si256(e, _mm256_xor_si256(f, g)), g);
    const __m256i k = _mm256_set1_epi32(static_cast<int>(sha256_round_constants[i]));
    const __m256i t1 =
        _mm256_add_epi32(_mm256_add_epi32(_mm256_add_epi32(h, s1), _mm256_add_epi32(choice, k)), w[i % 16]);
    const __m256i s0 = xor3(rotate_right(a, 2), rotate_right(a, 13), rotate_right(a, 22));
    const __m256i majority =
        _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)));
    d = _mm256_add_epi32(d, t1);
    h = _mm256_add_epi32(t1, _mm256_add_epi32(s0, majority));
  }
  for (unsigned i = 0; i < 8; ++i) state[i] = _mm256_add_epi32(state[i], v[i]);
}

void hash_eight(const Node* children, Node* parents) {
  __m256i state[8];
  for (unsigned i = 0; i < 8; ++i) state[i] = _mm256_set1_epi32(static_cast<int>(sha256_initial_state[i]));
  __m256i w[16];
  load_transposed(reinterpret_cast<const std::uint8_t*>(children), 0, w);
  load_transposed(reinterpret_cast<const std::uint8_t*>(children), 1, w + 8);
  compress(state, w);
  for (unsigned i = 0; i < 16; ++i) w[i] = _mm256_setzero_si256();
  w[0] = _mm256_set1_epi32(static_cast<int>(0x80000000));
  w[15] = _mm256_set1_epi32(512);
  compress(state, w);

  alignas(32) std::uint32_t words[8][lanes];
  for (unsigned i = 0; i < 8; ++i) _mm256_store_si256(reinterpret_cast<__m256i*>(words[i]), state[i]);
  for (unsigned lane = 0; lane < lanes; ++lane) {
    std::uint8_t* parent = reinterpret_cast<std::uint8_t*>(parents + lane);
    for (unsigned i = 0; i < 8; ++i) store_be32(parent + 4 * i, words[i][lane]);
    trunc254(parent);
  }
}

}  // namespace

void sha254_row(const Node* children, Node* parents, std::size_t parent_count) {
  std::size_t i = 0;
  for (; i + lanes <= parent_count; i += lanes) hash_eight(children + 2 * i, parents + i);
  plain::sha254_row(children + 2 * i, parents + i, parent_count - i);
}

}  // namespace seal::avx2
