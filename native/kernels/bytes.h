// docs/spec/sealing.md section 1: a node is 32 bytes; integers in preimages and files have a defined byte
// order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace seal {

constexpr std::size_t node_bytes = 32;

/// One node of a sector, a label, a hash or a field element: 32 bytes in file order.
using Node = std::array<std::uint8_t, node_bytes>;

inline std::uint32_t load_le32(const std::uint8_t* bytes) {
  std::uint32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

inline std::uint64_t load_le64(const std::uint8_t* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

inline std::uint32_t load_be32(const std::uint8_t* bytes) {
  return __builtin_bswap32(load_le32(bytes));
}
inline std::uint64_t load_be64(const std::uint8_t* bytes) {
  return __builtin_bswap64(load_le64(bytes));
}

inline void store_le32(std::uint8_t* bytes, std::uint32_t value) {
  std::memcpy(bytes, &value, sizeof value);
}
inline void store_le64(std::uint8_t* bytes, std::uint64_t value) {
  std::memcpy(bytes, &value, sizeof value);
}
inline void store_be32(std::uint8_t* bytes, std::uint32_t value) {
  store_le32(bytes, __builtin_bswap32(value));
}
inline void store_be64(std::uint8_t* bytes, std::uint64_t value) {
  store_le64(bytes, __builtin_bswap64(value));
}

/// Clears the two top bits, so that the node is always a canonical field element.
inline void trunc254(std::uint8_t* node) {
  node[31] &= 0x3f;
}

/// Lower-case hexadecimal text.
std::string to_hex(const std::uint8_t* bytes, std::size_t count);
inline std::string to_hex(const Node& node) {
  return to_hex(node.data(), node.size());
}

}  // namespace seal
