// docs/spec/sealing.md section 5 with AVX2: ChaCha for eight nodes at once, BLAKE2b for four Feistel rounds
// at once.
#include <immintrin.h>

#include "kernels/blake2b.h"
#include "kernels/blake2b_rounds.h"
#include "kernels/chacha.h"
#include "kernels/chacha_rounds.h"
#include "kernels/graph.h"

namespace seal::avx2 {

namespace {

constexpr unsigned chacha_lanes = 8;
constexpr unsigned feistel_lanes = 4;

inline __m256i rotate_left32(__m256i v, int by) {
  return _mm256_or_si256(_mm256_slli_epi32(v, by), _mm256_srli_epi32(v, 32 - by));
}

inline void quarter_round(__m256i& a, __m256i& b, __m256i& c, __m256i& d) {
  const __m256i by_16 =
      _mm256_set_epi64x(0x0d0c0f0e09080b0a, 0x0504070601000302, 0x0d0c0f0e09080b0a, 0x0504070601000302);
  const __m256i by_8 =
      _mm256_set_epi64x(0x0e0d0c0f0a09080b, 0x0605040702010003, 0x0e0d0c0f0a09080b, 0x0605040702010003);
  a = _mm256_add_epi32(a, b);
  d = _mm256_shuffle_epi8(_mm256_xor_si256(d, a), by_16);
  c = _mm256_add_epi32(c, d);
  b = rotate_left32(_mm256_xor_si256(b, c), 12);
  a = _mm256_add_epi32(a, b);
  d = _mm256_shuffle_epi8(_mm256_xor_si256(d, a), by_8);
  c = _mm256_add_epi32(c, d);
  b = rotate_left32(_mm256_xor_si256(b, c), 7);
}

/// One block of ChaCha8 for eight nodes: words[w][lane]. `state` has the words that the nodes share.
void chacha8_of_nodes(const std::uint32_t state[16], std::uint32_t first_node, std::uint32_t counter,
                      std::uint32_t (*words)[chacha_lanes]) {
  __m256i input[16];
  for (unsigned i = 0; i < 16; ++i) input[i] = _mm256_set1_epi32(static_cast<int>(state[i]));
  input[11] = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(first_node)),
                               _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
  input[12] = _mm256_set1_epi32(static_cast<int>(counter));
  __m256i x[16];
  for (unsigned i = 0; i < 16; ++i) x[i] = input[i];
  for (unsigned round = 0; round < 8; round += 2) chacha_double_round(x, quarter_round);
  for (unsigned i = 0; i < 16; ++i) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words[i]), _mm256_add_epi32(x[i], input[i]));
  }
}

template <int by>
inline __m256i rotate_right64(__m256i v) {
  if constexpr (by == 32) return _mm256_shuffle_epi32(v, 0xb1);
  if constexpr (by == 24) {
    return _mm256_shuffle_epi8(
        v, _mm256_set_epi64x(0x0a09080f0e0d0c0b, 0x0201000706050403, 0x0a09080f0e0d0c0b, 0x0201000706050403));
  }
  if constexpr (by == 16) {
    return _mm256_shuffle_epi8(
        v, _mm256_set_epi64x(0x09080f0e0d0c0b0a, 0x0100070605040302, 0x09080f0e0d0c0b0a, 0x0100070605040302));
  }
  return _mm256_xor_si256(_mm256_srli_epi64(v, 63), _mm256_add_epi64(v, v));
}

/// Adds a message word of the 16-byte message. Only the first two words are not zero.
inline __m256i plus_word(__m256i v, unsigned word, __m256i m0, __m256i m1) {
  if (word == 0) return _mm256_add_epi64(v, m0);
  if (word == 1) return _mm256_add_epi64(v, m1);
  return v;
}

inline void mix(__m256i (&v)[16], unsigned a, unsigned b, unsigned c, unsigned d, unsigned x, unsigned y,
                __m256i m0, __m256i m1) {
  v[a] = plus_word(_mm256_add_epi64(v[a], v[b]), x, m0, m1);
  v[d] = rotate_right64<32>(_mm256_xor_si256(v[d], v[a]));
  v[c] = _mm256_add_epi64(v[c], v[d]);
  v[b] = rotate_right64<24>(_mm256_xor_si256(v[b], v[c]));
  v[a] = plus_word(_mm256_add_epi64(v[a], v[b]), y, m0, m1);
  v[d] = rotate_right64<16>(_mm256_xor_si256(v[d], v[a]));
  v[c] = _mm256_add_epi64(v[c], v[d]);
  v[b] = rotate_right64<63>(_mm256_xor_si256(v[b], v[c]));
}

inline __m256i swap_words(__m256i v) {
  return _mm256_shuffle_epi8(
      v, _mm256_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607, 0x08090a0b0c0d0e0f, 0x0001020304050607));
}

/// First eight bytes, big-endian, of BLAKE2b-512(right as u64 BE || key as u64 BE), for four values of
/// `right`.
inline __m256i feistel_function(__m256i right, std::uint64_t key) {
  const __m256i m0 = swap_words(right);
  const __m256i m1 = _mm256_set1_epi64x(static_cast<long long>(__builtin_bswap64(key)));
  constexpr std::uint64_t unkeyed_512 = 0x01010000 ^ 64;
  const std::uint64_t h0 = blake2b_initial_state[0] ^ unkeyed_512;
  __m256i v[16];
  for (unsigned i = 0; i < 8; ++i) {
    v[i] = v[i + 8] = _mm256_set1_epi64x(static_cast<long long>(blake2b_initial_state[i]));
  }
  v[0] = _mm256_set1_epi64x(static_cast<long long>(h0));
  v[12] = _mm256_set1_epi64x(static_cast<long long>(blake2b_initial_state[4] ^ 16));
  v[14] = _mm256_set1_epi64x(static_cast<long long>(~blake2b_initial_state[6]));
  blake2b_rounds([&](unsigned a, unsigned b, unsigned c, unsigned d, unsigned x, unsigned y) {
    mix(v, a, b, c, d, x, y, m0, m1);
  });
  const __m256i first =
      _mm256_xor_si256(_mm256_set1_epi64x(static_cast<long long>(h0)), _mm256_xor_si256(v[0], v[8]));
  return swap_words(first);
}

/// One Feistel pass over `count` values in place, `count` a multiple of four.
void feistel_pass(const Graph& graph, std::uint64_t* values, std::size_t count) {
  const __m128i half_bits = _mm_cvtsi32_si128(static_cast<int>(graph.feistel_half_bits()));
  const __m256i mask = _mm256_set1_epi64x((1LL << graph.feistel_half_bits()) - 1);
  for (std::size_t i = 0; i < count; i += feistel_lanes) {
    auto* at = reinterpret_cast<__m256i*>(values + i);
    const __m256i x = _mm256_loadu_si256(at);
    __m256i left = _mm256_srl_epi64(x, half_bits);
    __m256i right = _mm256_and_si256(x, mask);
    for (unsigned round = 0; round < 3; ++round) {
      const __m256i f = _mm256_and_si256(feistel_function(right, graph.feistel_keys()[round]), mask);
      const __m256i mixed = _mm256_xor_si256(left, f);
      left = right;
      right = mixed;
    }
    _mm256_storeu_si256(at, _mm256_or_si256(_mm256_sll_epi64(left, half_bits), right));
  }
}

void base_parents_of_eight(const Graph& graph, const std::uint32_t state[16], std::uint32_t first,
                           std::uint32_t count, std::uint32_t* rows) {
  std::uint32_t words[32][chacha_lanes];
  chacha8_of_nodes(state, first, 0, words);
  chacha8_of_nodes(state, first, 1, words + 16);
  for (std::uint32_t lane = 0; lane < count; ++lane) {
    std::uint32_t* row = rows + std::size_t{lane} * graph_degree;
    if (first + lane < 2) {
      for (unsigned i = 0; i < base_degree; ++i) row[i] = 0;
      continue;
    }
    std::uint64_t draws[10];
    for (unsigned i = 0; i < 10; ++i) {
      draws[i] = words[2 * i][lane] | static_cast<std::uint64_t>(words[2 * i + 1][lane]) << 32;
    }
    graph.base_parents_from(first + lane, draws, row);
  }
}

/// Cycle walking: repeats passes until every value is in the domain. After each pass, the values outside of
/// it are gathered for the next one.
void expander_parents(const Graph& graph, std::uint32_t first, std::uint32_t count, std::uint32_t* rows,
                      std::uint64_t* values, std::uint32_t* owners) {
  std::size_t walking = std::size_t{count} * expander_degree;
  for (std::size_t i = 0; i < walking; ++i) {
    values[i] = static_cast<std::uint64_t>(first) * expander_degree + i;
    owners[i] = static_cast<std::uint32_t>(i);
  }
  const bool truncated = graph.api_version() == ApiVersion::v1_0;
  while (walking > 0) {
    const std::size_t padded = (walking + feistel_lanes - 1) / feistel_lanes * feistel_lanes;
    for (std::size_t i = walking; i < padded; ++i) values[i] = 0;
    feistel_pass(graph, values, padded);
    std::size_t left = 0;
    for (std::size_t i = 0; i < walking; ++i) {
      const std::uint64_t x = values[i];
      if (x >= graph.feistel_domain()) {
        values[left] = x;
        owners[left++] = owners[i];
        continue;
      }
      const std::uint64_t kept = truncated ? static_cast<std::uint32_t>(x) : x;
      std::uint32_t* row = rows + std::size_t{owners[i] / expander_degree} * graph_degree;
      row[base_degree + owners[i] % expander_degree] = static_cast<std::uint32_t>(kept / expander_degree);
    }
    walking = left;
  }
}

}  // namespace

void parents_of_range(const Graph& graph, std::uint32_t first, std::uint32_t count, std::uint32_t* parents) {
  std::uint8_t key[32] = {};
  __builtin_memcpy(key, graph.drg_seed(), 28);
  std::uint32_t state[16];
  chacha_key(state, key);

  constexpr std::uint32_t step = 512;  // values and owners fit into the first-level cache
  std::uint64_t values[step * expander_degree];
  std::uint32_t owners[step * expander_degree];
  for (std::uint32_t done = 0; done < count; done += step) {
    const std::uint32_t part = count - done < step ? count - done : step;
    std::uint32_t* rows = parents + std::size_t{done} * graph_degree;
    for (std::uint32_t at = 0; at < part; at += chacha_lanes) {
      const std::uint32_t lanes = part - at < chacha_lanes ? part - at : chacha_lanes;
      base_parents_of_eight(graph, state, first + done + at, lanes, rows + std::size_t{at} * graph_degree);
    }
    expander_parents(graph, first + done, part, rows, values, owners);
  }
}

}  // namespace seal::avx2
