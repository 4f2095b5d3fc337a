#include "kernels/chacha.h"

#include <algorithm>

#include "kernels/bytes.h"
#include "kernels/chacha_rounds.h"

namespace seal {

namespace {

std::uint32_t rotate_left(std::uint32_t value, unsigned by) {
  return (value << by) | (value >> (32 - by));
}

void quarter_round(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d) {
  a += b;
  d = rotate_left(d ^ a, 16);
  c += d;
  b = rotate_left(b ^ c, 12);
  a += b;
  d = rotate_left(d ^ a, 8);
  c += d;
  b = rotate_left(b ^ c, 7);
}

}  // namespace

void chacha_block(const std::uint32_t input[16], unsigned rounds, std::uint32_t output[16]) {
  std::uint32_t x[16];
  std::copy_n(input, 16, x);
  for (unsigned round = 0; round < rounds; round += 2) chacha_double_round(x, quarter_round);
  for (unsigned i = 0; i < 16; ++i) output[i] = x[i] + input[i];
}

void chacha_key(std::uint32_t state[16], const std::uint8_t key[32]) {
  constexpr std::uint32_t constants[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  std::copy_n(constants, 4, state);
  for (unsigned i = 0; i < 8; ++i) state[4 + i] = load_le32(key + 4 * i);
  std::fill_n(state + 12, 4, 0u);
}

}  // namespace seal
