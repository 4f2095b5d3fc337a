#include "kernels/fr32.h"

#include <algorithm>
#include <cstring>

#include "kernels/bytes.h"

namespace seal {

namespace {

constexpr std::uint64_t low62 = 0x3fffffffffffffff;

// In element k of a block, the data is shifted left by 2k bits. As 64-bit words, the block's 1016 data bits
// are 16 words (the last of 56 bits), and element k has the 254 bits from bit 254k on.
void pad_block(const std::uint8_t* from, std::uint8_t* to) {
  std::uint64_t w[16];
  std::memcpy(w, from, 120);
  w[15] = 0;
  std::memcpy(&w[15], from + 120, 7);

  std::uint64_t out[16];
  out[0] = w[0];
  out[1] = w[1];
  out[2] = w[2];
  out[3] = w[3] & low62;
  for (unsigned element = 1; element < 4; ++element) {
    const unsigned shift = 2 * element;
    const std::uint64_t* word = w + 4 * element;
    std::uint64_t* result = out + 4 * element;
    for (unsigned i = 0; i < 4; ++i)
      result[i] = (word[i] << shift) | (word[static_cast<int>(i) - 1] >> (64 - shift));
    result[3] &= low62;
  }
  std::memcpy(to, out, 128);
}

void unpad_block(const std::uint8_t* from, std::uint8_t* to) {
  std::uint64_t in[17];
  std::memcpy(in, from, 128);
  in[16] = 0;
  in[3] &= low62;
  in[7] &= low62;
  in[11] &= low62;
  in[15] &= low62;

  std::uint64_t w[16];
  for (unsigned element = 0; element < 4; ++element) {
    const unsigned shift = 2 * element;
    const std::uint64_t* word = in + 4 * element;
    std::uint64_t* result = w + 4 * element;
    for (unsigned i = 0; i < 3; ++i) {
      result[i] = shift == 0 ? word[i] : (word[i] >> shift) | (word[i + 1] << (64 - shift));
    }
    // The top bits of the element's last word are the first bits of the next element.
    result[3] = (word[3] >> shift) | (word[4] << (62 - shift));
  }
  std::memcpy(to, w, 127);
}

}  // namespace

void fr32_pad_blocks(const std::uint8_t* unpadded, std::uint8_t* padded, std::size_t blocks) {
  for (std::size_t i = 0; i < blocks; ++i) {
    pad_block(unpadded + i * fr32_unpadded_block, padded + i * fr32_padded_block);
  }
}

void fr32_unpad_blocks(const std::uint8_t* padded, std::uint8_t* unpadded, std::size_t blocks) {
  for (std::size_t i = 0; i < blocks; ++i) {
    unpad_block(padded + i * fr32_padded_block, unpadded + i * fr32_unpadded_block);
  }
}

std::size_t fr32_pad(const std::uint8_t* unpadded, std::size_t bytes, std::uint8_t* padded) {
  const std::size_t blocks = bytes / fr32_unpadded_block;
  fr32_pad_blocks(unpadded, padded, blocks);
  const std::size_t rest = bytes - blocks * fr32_unpadded_block;
  if (rest == 0) return blocks * fr32_padded_block;

  std::uint8_t last[fr32_unpadded_block] = {};
  std::uint8_t last_padded[fr32_padded_block];
  std::memcpy(last, unpadded + blocks * fr32_unpadded_block, rest);
  pad_block(last, last_padded);
  const std::size_t elements = (rest * 8 + 253) / 254;
  std::memcpy(padded + blocks * fr32_padded_block, last_padded, elements * node_bytes);
  return blocks * fr32_padded_block + elements * node_bytes;
}

void fr32_unpad_range(const std::uint8_t* padded, std::uint64_t offset, std::size_t bytes,
                      std::uint8_t* unpadded) {
  std::uint64_t block = offset / fr32_unpadded_block;
  std::size_t skip = offset % fr32_unpadded_block;
  while (bytes > 0) {
    if (skip == 0 && bytes >= fr32_unpadded_block) {
      const std::size_t whole = bytes / fr32_unpadded_block;
      fr32_unpad_blocks(padded + block * fr32_padded_block, unpadded, whole);
      block += whole;
      unpadded += whole * fr32_unpadded_block;
      bytes -= whole * fr32_unpadded_block;
      continue;
    }
    std::uint8_t data[fr32_unpadded_block];
    unpad_block(padded + block * fr32_padded_block, data);
    const std::size_t taken = std::min<std::size_t>(bytes, fr32_unpadded_block - skip);
    std::memcpy(unpadded, data + skip, taken);
    unpadded += taken;
    bytes -= taken;
    skip = 0;
    ++block;
  }
}

}  // namespace seal
