// Building blocks of SHA-256 with the SHA extensions. One chain of compressions leaves the execution unit
// partly idle, so all functions work on `n` independent chains at once.
#pragma once

#include <immintrin.h>

#include "kernels/sha256.h"

namespace seal::sha_ni {

/// The eight state words in the order of the instructions.
struct Chain {
  __m128i abef;
  __m128i cdgh;
};

/// Message words plus round constants of one block.
struct alignas(16) Schedule {
  __m128i wk[16];
};

inline __m128i round_constants(unsigned group) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(sha256_round_constants) + group);
}

/// Four message words from 16 big-endian bytes, and back.
inline __m128i swap_bytes(__m128i value) {
  return _mm_shuffle_epi8(value, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

inline __m128i load_words(const std::uint8_t* bytes) {
  return swap_bytes(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

inline Chain chain_from(const std::uint32_t state[8]) {
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(state)), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4)), 0x1b);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

/// The state as two vectors of words in FIPS order: a b c d, e f g h.
inline void words_of(const Chain& chain, __m128i& abcd, __m128i& efgh) {
  const __m128i feba = _mm_shuffle_epi32(chain.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(chain.cdgh, 0xb1);
  abcd = _mm_blend_epi16(feba, dchg, 0xf0);
  efgh = _mm_alignr_epi8(dchg, feba, 8);
}

/// Stores the digest as a node, with the top two bits cleared.
inline void store_trunc254(const Chain& chain, std::uint8_t* node) {
  __m128i abcd;
  __m128i efgh;
  words_of(chain, abcd, efgh);
  const __m128i low254 = _mm_set_epi64x(0x3fffffffffffffff, -1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(node), swap_bytes(abcd));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(node) + 1, _mm_and_si128(swap_bytes(efgh), low254));
}

template <unsigned n>
inline void four_rounds(Chain (&chains)[n], const __m128i (&wk)[n]) {
  for (unsigned k = 0; k < n; ++k) {
    chains[k].cdgh = _mm_sha256rnds2_epu32(chains[k].cdgh, chains[k].abef, wk[k]);
  }
  for (unsigned k = 0; k < n; ++k) {
    chains[k].abef = _mm_sha256rnds2_epu32(chains[k].abef, chains[k].cdgh, _mm_shuffle_epi32(wk[k], 0x0e));
  }
}

template <unsigned n>
inline void add_chains(Chain (&chains)[n], const Chain (&others)[n]) {
  for (unsigned k = 0; k < n; ++k) {
    chains[k].abef = _mm_add_epi32(chains[k].abef, others[k].abef);
    chains[k].cdgh = _mm_add_epi32(chains[k].cdgh, others[k].cdgh);
  }
}

/// Advances the sliding window `w` of sixteen message words to `group` (0 to 15) and returns that group's
/// four words.
inline __m128i message_words(__m128i (&w)[4], unsigned group) {
  __m128i& words = w[group % 4];
  if (group >= 4) {
    const __m128i middle = _mm_alignr_epi8(w[(group + 3) % 4], w[(group + 2) % 4], 4);
    words = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(words, w[(group + 1) % 4]), middle),
                                 w[(group + 3) % 4]);
  }
  return words;
}

/// Compresses one block into each chain; `w` contains the message words and is overwritten.
template <unsigned n>
inline void compress(Chain (&chains)[n], __m128i (&w)[n][4]) {
  Chain begin[n];
  for (unsigned k = 0; k < n; ++k) begin[k] = chains[k];
#pragma GCC unroll 16
  for (unsigned group = 0; group < 16; ++group) {
    __m128i wk[n];
    for (unsigned k = 0; k < n; ++k)
      wk[k] = _mm_add_epi32(message_words(w[k], group), round_constants(group));
    four_rounds(chains, wk);
  }
  add_chains(chains, begin);
}

/// Like `compress`; also stores the schedules for later blocks with the same content.
template <unsigned n>
inline void compress_and_keep(Chain (&chains)[n], __m128i (&w)[n][4], Schedule (&schedules)[n]) {
  Chain begin[n];
  for (unsigned k = 0; k < n; ++k) begin[k] = chains[k];
#pragma GCC unroll 16
  for (unsigned group = 0; group < 16; ++group) {
    __m128i wk[n];
    for (unsigned k = 0; k < n; ++k) {
      wk[k] = _mm_add_epi32(message_words(w[k], group), round_constants(group));
      schedules[k].wk[group] = wk[k];
    }
    four_rounds(chains, wk);
  }
  add_chains(chains, begin);
}

/// Compresses a block with a known schedule.
template <unsigned n>
inline void compress_kept(Chain (&chains)[n], const Schedule (&schedules)[n]) {
  Chain begin[n];
  for (unsigned k = 0; k < n; ++k) begin[k] = chains[k];
#pragma GCC unroll 16
  for (unsigned group = 0; group < 16; ++group) {
    __m128i wk[n];
    for (unsigned k = 0; k < n; ++k) wk[k] = schedules[k].wk[group];
    four_rounds(chains, wk);
  }
  add_chains(chains, begin);
}

}  // namespace seal::sha_ni
