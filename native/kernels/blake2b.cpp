#include "kernels/blake2b.h"

#include <algorithm>
#include <cstring>

#include "kernels/blake2b_rounds.h"
#include "kernels/bytes.h"
#include "kernels/failure.h"

namespace seal {

const std::uint64_t blake2b_initial_state[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                                0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                                0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

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

  const auto mix = [&](unsigned a, unsigned b, unsigned c, unsigned d, unsigned x, unsigned y) {
    v[a] += v[b] + m[x];
    v[d] = rotate_right(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = rotate_right(v[b] ^ v[c], 24);
    v[a] += v[b] + m[y];
    v[d] = rotate_right(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotate_right(v[b] ^ v[c], 63);
  };
  blake2b_rounds(mix);
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
