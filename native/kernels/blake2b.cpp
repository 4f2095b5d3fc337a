#include "kernels/blake2b.h"

#include <algorithm>
#include <cstring>

#include "kernels/bytes.h"
#include "kernels/failure.h"

namespace seal {

const std::uint64_t blake2b_initial_state[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

const std::uint8_t blake2b_sigma[12][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                            {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                            {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                            {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                            {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                            {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                            {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                            {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                            {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                            {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
                                            {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                            {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

namespace {

std::uint64_t rotate_right(std::uint64_t value, unsigned by) {
  return (value >> by) | (value << (64 - by));
}

}  // namespace

void blake2b_compress(std::uint64_t state[8], const std::uint8_t block[128], std::uint64_t length,
                      bool last) {
  std::uint64_t m[16];
  std::uint64_t v[16];
  for (unsigned i = 0; i < 16; ++i) m[i] = load_le64(block + 8 * i);
  std::copy_n(state, 8, v);
  std::copy_n(blake2b_initial_state, 8, v + 8);
  v[12] ^= length;
  if (last) v[14] = ~v[14];

  const auto mix = [&v](unsigned a, unsigned b, unsigned c, unsigned d, std::uint64_t x, std::uint64_t y) {
    v[a] += v[b] + x;
    v[d] = rotate_right(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = rotate_right(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = rotate_right(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotate_right(v[b] ^ v[c], 63);
  };
  for (const auto& sigma : blake2b_sigma) {
    mix(0, 4, 8, 12, m[sigma[0]], m[sigma[1]]);
    mix(1, 5, 9, 13, m[sigma[2]], m[sigma[3]]);
    mix(2, 6, 10, 14, m[sigma[4]], m[sigma[5]]);
    mix(3, 7, 11, 15, m[sigma[6]], m[sigma[7]]);
    mix(0, 5, 10, 15, m[sigma[8]], m[sigma[9]]);
    mix(1, 6, 11, 12, m[sigma[10]], m[sigma[11]]);
    mix(2, 7, 8, 13, m[sigma[12]], m[sigma[13]]);
    mix(3, 4, 9, 14, m[sigma[14]], m[sigma[15]]);
  }
  for (unsigned i = 0; i < 8; ++i) state[i] ^= v[i] ^ v[i + 8];
}

void blake2b(std::uint8_t* digest, std::size_t digest_bytes, const void* message, std::size_t message_bytes,
             const void* key, std::size_t key_bytes) {
  require(digest_bytes >= 1 && digest_bytes <= 64 && key_bytes <= 64, "blake2b: digest or key length");
  std::uint64_t state[8];
  std::copy_n(blake2b_initial_state, 8, state);
  state[0] ^= 0x01010000 ^ (key_bytes << 8) ^ digest_bytes;

  std::uint8_t block[128] = {};
  std::uint64_t length = 0;
  if (key_bytes > 0) {
    std::memcpy(block, key, key_bytes);
    length = 128;
    blake2b_compress(state, block, length, message_bytes == 0);
  }
  const auto* at = static_cast<const std::uint8_t*>(message);
  while (message_bytes > 0 || length == 0) {
    const std::size_t taken = std::min<std::size_t>(message_bytes, 128);
    std::memset(block, 0, sizeof block);
    if (taken > 0) std::memcpy(block, at, taken);
    at += taken;
    message_bytes -= taken;
    length += taken;
    blake2b_compress(state, block, length, message_bytes == 0);
    if (message_bytes == 0) break;
  }
  std::uint8_t bytes[64];
  for (unsigned i = 0; i < 8; ++i) store_le64(bytes + 8 * i, state[i]);
  std::memcpy(digest, bytes, digest_bytes);
}

}  // namespace seal
