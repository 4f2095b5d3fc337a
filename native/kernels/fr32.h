// docs/spec/sealing.md section 2: 127 bytes of data become four field elements of 254 bits, in 128 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seal {

constexpr std::uint64_t fr32_unpadded_block = 127;
constexpr std::uint64_t fr32_padded_block = 128;

/// Padded length of unpadded bytes, extended with zeros to whole 127-byte blocks.
constexpr std::uint64_t fr32_padded_size(std::uint64_t unpadded) {
  return (unpadded + fr32_unpadded_block - 1) / fr32_unpadded_block * fr32_padded_block;
}

/// Unpadded length of whole padded blocks.
constexpr std::uint64_t fr32_unpadded_size(std::uint64_t padded) {
  return padded / fr32_padded_block * fr32_unpadded_block;
}

/// Pads whole blocks: 127 * `blocks` bytes in, 128 * `blocks` bytes out. The ranges must not overlap.
void fr32_pad_blocks(const std::uint8_t* unpadded, std::uint8_t* padded, std::size_t blocks);

/// Removes the padding of whole blocks: 128 * `blocks` bytes in, 127 * `blocks` bytes out.
void fr32_unpad_blocks(const std::uint8_t* padded, std::uint8_t* unpadded, std::size_t blocks);

/// Pads any number of bytes; extends the last field element with zero bits. Returns the number of bytes
/// written: 32 for every 254 bits, rounded up.
std::size_t fr32_pad(const std::uint8_t* unpadded, std::size_t bytes, std::uint8_t* padded);

/// Copies the unpadded bytes [offset, offset + bytes) of a padded region that starts on a block boundary.
void fr32_unpad_range(const std::uint8_t* padded, std::uint64_t offset, std::size_t bytes,
                      std::uint8_t* unpadded);

}  // namespace seal
