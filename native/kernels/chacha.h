// The ChaCha block function: 8 rounds for the base parents (docs/spec/sealing.md section 5.2), 20 for the
// synthetic challenges (section 12.3).
#pragma once

#include <cstdint>

namespace seal {

/// One 64-byte block: `input` holds the sixteen words of the state (constants, key, counter, nonce).
void chacha_block(const std::uint32_t input[16], unsigned rounds, std::uint32_t output[16]);

/// Fills the constants and the 256-bit key; counter and nonce (words 12 to 15) become zero.
void chacha_key(std::uint32_t state[16], const std::uint8_t key[32]);

}  // namespace seal
