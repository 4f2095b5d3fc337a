// BLAKE2b (RFC 7693), for the Feistel network (docs/spec/sealing.md section 5.3) and the synthetic challenges
// (section 12.3).
#pragma once

#include <cstddef>
#include <cstdint>

namespace seal {

extern const std::uint64_t blake2b_initial_state[8];

/// The compression function: `block` is 128 bytes, `length` the number of message bytes including this block.
void blake2b_compress(std::uint64_t state[8], const std::uint8_t block[128], std::uint64_t length, bool last);

/// Digest of `digest_bytes` (1 to 64) bytes of a message, with a key of up to 64 bytes (none: `key_bytes` 0).
void blake2b(std::uint8_t* digest, std::size_t digest_bytes, const void* message, std::size_t message_bytes,
             const void* key = nullptr, std::size_t key_bytes = 0);

}  // namespace seal
