// The scalar field of BLS12-381 (docs/spec/sealing.md section 1), four 64-bit limbs in Montgomery form with
// R = 2^256.
#pragma once

#include <cstdint>

#include "kernels/bytes.h"

namespace seal {

/// The modulus p, limbs least significant first.
constexpr std::uint64_t field_modulus[4] = {0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805,
                                            0x73eda753299d7d48};

/// True when 32 little-endian bytes are below p.
bool is_canonical(const std::uint8_t* bytes);
inline bool is_canonical(const Node& node) {
  return is_canonical(node.data());
}

/// A field element. The limbs are always below p.
class Fr {
 public:
  constexpr Fr() = default;  ///< zero
  static Fr one();
  static Fr from_u64(std::uint64_t value);
  /// Converts 32 canonical little-endian bytes; throws `not_canonical` for others.
  static Fr from_node(const Node& node);
  Node to_node() const;

  Fr operator+(const Fr& other) const;
  Fr operator-(const Fr& other) const;
  Fr operator*(const Fr& other) const;
  Fr& operator+=(const Fr& other) { return *this = *this + other; }
  Fr& operator*=(const Fr& other) { return *this = *this * other; }
  bool operator==(const Fr& other) const = default;

  /// This element times a canonical node, as a node. It takes one multiplication, since a Montgomery factor
  /// cancels.
  Node times(const Node& node) const;

  Fr square() const { return *this * *this; }
  /// 1/x; throws `invalid_argument` for zero.
  Fr inverse() const;

  /// The Montgomery limbs, for kernels that store elements in another form.
  const std::uint64_t* limbs() const { return limbs_; }

 private:
  std::uint64_t limbs_[4] = {0, 0, 0, 0};
};

}  // namespace seal
