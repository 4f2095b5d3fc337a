// SHA-256 (FIPS 180-4) and sha254 (docs/spec/sealing.md section 1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/bytes.h"

namespace seal {

extern const std::uint32_t sha256_initial_state[8];
extern const std::uint32_t sha256_round_constants[64];

/// Applies the compression function to `blocks` consecutive 64-byte blocks.
void sha256_compress(std::uint32_t state[8], const std::uint8_t* message, std::size_t blocks);

/// Digest of a whole message.
Node sha256(const void* message, std::size_t bytes);

/// SHA-256 of a message that arrives in parts.
class Sha256 {
 public:
  Sha256();
  Sha256& update(const void* message, std::size_t bytes);
  Node digest();  ///< call it once, at the end

 private:
  std::uint32_t state_[8];
  std::uint8_t pending_[64];
  std::uint64_t bytes_ = 0;
};

/// sha254(left, right): the two-block hash of every sha256 tree, with the top two bits cleared.
Node sha254(const Node& left, const Node& right);

/// One tree row: parents[i] = sha254(children[2i], children[2i+1]). The ranges may start at the same address.
void sha254_row(const Node* children, Node* parents, std::size_t parent_count);

namespace plain {
void sha256_compress(std::uint32_t state[8], const std::uint8_t* message, std::size_t blocks);
void sha254_row(const Node* children, Node* parents, std::size_t parent_count);
}  // namespace plain

namespace sha_ni {
void sha256_compress(std::uint32_t state[8], const std::uint8_t* message, std::size_t blocks);
void sha254_row(const Node* children, Node* parents, std::size_t parent_count);
}  // namespace sha_ni

namespace avx2 {
void sha254_row(const Node* children, Node* parents, std::size_t parent_count);
}  // namespace avx2

}  // namespace seal
