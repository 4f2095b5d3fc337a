#include "kernels/simd/x86/sha_ni/rounds.h"

namespace seal::sha_ni {

namespace {

/// The schedule of the padding block, which is the same for all 64-byte messages and is computed once.
const Schedule& padding_schedule() {
  static const Schedule schedule = [] {
    std::uint32_t w[64] = {0x80000000};
    w[15] = 512;
    const auto rotate = [](std::uint32_t v, unsigned by) { return (v >> by) | (v << (32 - by)); };
    for (unsigned i = 16; i < 64; ++i) {
      const std::uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const std::uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    for (unsigned i = 0; i < 64; ++i) w[i] += sha256_round_constants[i];
    Schedule result;
    std::memcpy(&result, w, sizeof w);
    return result;
  }();
  return schedule;
}

template <unsigned n>
void hash_pairs(const Node* children, Node* parents, const Schedule& padding) {
  Chain chains[n];
  __m128i w[n][4];
  const Chain initial = chain_from(sha256_initial_state);
  for (unsigned k = 0; k < n; ++k) {
    chains[k] = initial;
    for (unsigned i = 0; i < 4; ++i) w[k][i] = load_words(children[2 * k].data() + 16 * i);
  }
  compress(chains, w);
  Chain begin[n];
  for (unsigned k = 0; k < n; ++k) begin[k] = chains[k];
#pragma GCC unroll 16
  for (unsigned group = 0; group < 16; ++group) {
    __m128i wk[n];
    for (unsigned k = 0; k < n; ++k) wk[k] = padding.wk[group];
    four_rounds(chains, wk);
  }
  add_chains(chains, begin);
  for (unsigned k = 0; k < n; ++k) store_trunc254(chains[k], parents[k].data());
}

}  // namespace

void sha256_compress(std::uint32_t state[8], const std::uint8_t* message, std::size_t blocks) {
  Chain chain[1] = {chain_from(state)};
  for (; blocks > 0; --blocks, message += 64) {
    __m128i w[1][4];
    for (unsigned i = 0; i < 4; ++i) w[0][i] = load_words(message + 16 * i);
    compress(chain, w);
  }
  __m128i abcd;
  __m128i efgh;
  words_of(chain[0], abcd, efgh);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), abcd);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), efgh);
}

void sha254_row(const Node* children, Node* parents, std::size_t parent_count) {
  const Schedule& padding = padding_schedule();
  constexpr unsigned lanes = 2;
  std::size_t i = 0;
  for (; i + lanes <= parent_count; i += lanes) hash_pairs<lanes>(children + 2 * i, parents + i, padding);
  for (; i < parent_count; ++i) hash_pairs<1>(children + 2 * i, parents + i, padding);
}

}  // namespace seal::sha_ni
