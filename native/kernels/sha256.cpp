#include "kernels/sha256.h"

#include <algorithm>

#include "kernels/cpu.h"

namespace seal {

const std::uint32_t sha256_initial_state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

alignas(64) const std::uint32_t sha256_round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

namespace {

std::uint32_t rotate_right(std::uint32_t value, unsigned by) {
  return (value >> by) | (value << (32 - by));
}

Node digest_of(const std::uint32_t state[8]) {
  Node digest;
  for (unsigned i = 0; i < 8; ++i) store_be32(&digest[4 * i], state[i]);
  return digest;
}

}  // namespace

namespace plain {

void sha256_compress(std::uint32_t state[8], const std::uint8_t* message, std::size_t blocks) {
  for (; blocks > 0; --blocks, message += 64) {
    std::uint32_t w[64];
    for (unsigned i = 0; i < 16; ++i) w[i] = load_be32(message + 4 * i);
    for (unsigned i = 16; i < 64; ++i) {
      const std::uint32_t s0 = rotate_right(w[i - 15], 7) ^ rotate_right(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const std::uint32_t s1 = rotate_right(w[i - 2], 17) ^ rotate_right(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    std::uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned i = 0; i < 64; ++i) {
      const std::uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
      const std::uint32_t choice = (e & f) ^ (~e & g);
      const std::uint32_t t1 = h + s1 + choice + sha256_round_constants[i] + w[i];
      const std::uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
      const std::uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
      h = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + s0 + majority;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
}

void sha254_row(const Node* children, Node* parents, std::size_t parent_count) {
  // The padding block of every 64-byte message: a single 1 bit and the length of 512 bits.
  static constexpr std::array<std::uint8_t, 64> padding = [] {
    std::array<std::uint8_t, 64> block{};
    block[0] = 0x80;
    block[62] = 2;
    return block;
  }();
  for (std::size_t i = 0; i < parent_count; ++i) {
    std::uint32_t state[8];
    std::copy_n(sha256_initial_state, 8, state);
    plain::sha256_compress(state, children[2 * i].data(), 1);
    plain::sha256_compress(state, padding.data(), 1);
    parents[i] = digest_of(state);
    trunc254(parents[i].data());
  }
}

}  // namespace plain

void sha256_compress(std::uint32_t state[8], const std::uint8_t* message, std::size_t blocks) {
  if (cpu_features().sha_ni) return sha_ni::sha256_compress(state, message, blocks);
  plain::sha256_compress(state, message, blocks);
}

void sha254_row(const Node* children, Node* parents, std::size_t parent_count) {
  if (cpu_features().sha_ni) return sha_ni::sha254_row(children, parents, parent_count);
  if (cpu_features().avx2) return avx2::sha254_row(children, parents, parent_count);
  plain::sha254_row(children, parents, parent_count);
}

Node sha254(const Node& left, const Node& right) {
  const Node children[2] = {left, right};
  Node parent;
  sha254_row(children, &parent, 1);
  return parent;
}

Sha256::Sha256() {
  std::copy_n(sha256_initial_state, 8, state_);
}

Sha256& Sha256::update(const void* message, std::size_t bytes) {
  const auto* at = static_cast<const std::uint8_t*>(message);
  const std::size_t filled = bytes_ % 64;
  bytes_ += bytes;
  if (filled > 0) {
    const std::size_t taken = std::min(bytes, 64 - filled);
    std::memcpy(pending_ + filled, at, taken);
    if (filled + taken < 64) return *this;
    sha256_compress(state_, pending_, 1);
    at += taken;
    bytes -= taken;
  }
  sha256_compress(state_, at, bytes / 64);
  if (bytes % 64 > 0) std::memcpy(pending_, at + (bytes - bytes % 64), bytes % 64);
  return *this;
}

Node Sha256::digest() {
  const std::uint64_t bits = bytes_ * 8;
  std::size_t filled = bytes_ % 64;
  pending_[filled++] = 0x80;
  if (filled > 56) {
    std::memset(pending_ + filled, 0, 64 - filled);
    sha256_compress(state_, pending_, 1);
    filled = 0;
  }
  std::memset(pending_ + filled, 0, 56 - filled);
  store_be64(pending_ + 56, bits);
  sha256_compress(state_, pending_, 1);
  return digest_of(state_);
}

Node sha256(const void* message, std::size_t bytes) {
  return Sha256().update(message, bytes).digest();
}

}  // namespace seal
