#include "kernels/field.h"

#include "kernels/failure.h"

namespace seal {

namespace {

using u64 = std::uint64_t;
using u128 = unsigned __int128;

constexpr u64 minus_inverse = 0xfffffffeffffffff;  // -p^-1 mod 2^64

// R^2 mod p, by doubling 1 five hundred and twelve times.
struct Limbs {
  u64 v[4];
};

constexpr bool below_modulus(const u64 v[4]) {
  for (int i = 3; i >= 0; --i) {
    if (v[i] != field_modulus[i]) return v[i] < field_modulus[i];
  }
  return false;
}

constexpr void subtract_modulus(u64 v[4]) {
  u64 borrow = 0;
  for (int i = 0; i < 4; ++i) {
    const u128 difference = static_cast<u128>(v[i]) - field_modulus[i] - borrow;
    v[i] = static_cast<u64>(difference);
    borrow = static_cast<u64>(difference >> 64) & 1;
  }
}

constexpr Limbs power_of_two(unsigned exponent) {
  Limbs limbs{{1, 0, 0, 0}};
  for (unsigned i = 0; i < exponent; ++i) {
    u64 carry = 0;
    for (u64& limb : limbs.v) {
      const u64 next = limb >> 63;
      limb = (limb << 1) | carry;
      carry = next;
    }
    if (!below_modulus(limbs.v)) subtract_modulus(limbs.v);
  }
  return limbs;
}

constexpr Limbs r_mod_p = power_of_two(256);
constexpr Limbs r_squared = power_of_two(512);

// a * b / R mod p, row by row: adds the product of b and each limb of a, then clears the lowest limb by
// adding a multiple of p.
void montgomery_multiply(const u64 a[4], const u64 b[4], u64 result[4]) {
  u64 t[5] = {0, 0, 0, 0, 0};
  for (int i = 0; i < 4; ++i) {
    u128 carry = 0;
    for (int j = 0; j < 4; ++j) {
      carry += static_cast<u128>(a[i]) * b[j] + t[j];
      t[j] = static_cast<u64>(carry);
      carry >>= 64;
    }
    t[4] += static_cast<u64>(carry);

    const u64 q = t[0] * minus_inverse;
    carry = static_cast<u128>(q) * field_modulus[0] + t[0];
    carry >>= 64;
    for (int j = 1; j < 4; ++j) {
      carry += static_cast<u128>(q) * field_modulus[j] + t[j];
      t[j - 1] = static_cast<u64>(carry);
      carry >>= 64;
    }
    carry += t[4];
    t[3] = static_cast<u64>(carry);
    t[4] = static_cast<u64>(carry >> 64);
  }
  if (!below_modulus(t)) subtract_modulus(t);  // p < 2^255, so t[4] is 0 here
  for (int i = 0; i < 4; ++i) result[i] = t[i];
}

}  // namespace

bool is_canonical(const std::uint8_t* bytes) {
  u64 v[4];
  std::memcpy(v, bytes, sizeof v);
  return below_modulus(v);
}

Fr Fr::one() {
  Fr result;
  for (int i = 0; i < 4; ++i) result.limbs_[i] = r_mod_p.v[i];
  return result;
}

Fr Fr::from_u64(std::uint64_t value) {
  const u64 plain[4] = {value, 0, 0, 0};
  Fr result;
  montgomery_multiply(plain, r_squared.v, result.limbs_);
  return result;
}

Fr Fr::from_node(const Node& node) {
  u64 plain[4];
  std::memcpy(plain, node.data(), sizeof plain);
  if (!below_modulus(plain)) {
    throw Failure(FailureCode::not_canonical, to_hex(node) + " is not below the field's modulus");
  }
  Fr result;
  montgomery_multiply(plain, r_squared.v, result.limbs_);
  return result;
}

Node Fr::to_node() const {
  constexpr u64 one[4] = {1, 0, 0, 0};
  u64 plain[4];
  montgomery_multiply(limbs_, one, plain);
  Node node;
  std::memcpy(node.data(), plain, sizeof plain);
  return node;
}

Fr Fr::operator+(const Fr& other) const {
  Fr sum;
  u128 carry = 0;
  for (int i = 0; i < 4; ++i) {
    carry += static_cast<u128>(limbs_[i]) + other.limbs_[i];
    sum.limbs_[i] = static_cast<u64>(carry);
    carry >>= 64;
  }
  if (!below_modulus(sum.limbs_)) subtract_modulus(sum.limbs_);
  return sum;
}

Fr Fr::operator-(const Fr& other) const {
  Fr difference;
  u64 borrow = 0;
  for (int i = 0; i < 4; ++i) {
    const u128 d = static_cast<u128>(limbs_[i]) - other.limbs_[i] - borrow;
    difference.limbs_[i] = static_cast<u64>(d);
    borrow = static_cast<u64>(d >> 64) & 1;
  }
  if (borrow != 0) {
    u128 carry = 0;
    for (int i = 0; i < 4; ++i) {
      carry += static_cast<u128>(difference.limbs_[i]) + field_modulus[i];
      difference.limbs_[i] = static_cast<u64>(carry);
      carry >>= 64;
    }
  }
  return difference;
}

Fr Fr::operator*(const Fr& other) const {
  Fr product;
  montgomery_multiply(limbs_, other.limbs_, product.limbs_);
  return product;
}

Node Fr::times(const Node& node) const {
  u64 plain[4];
  std::memcpy(plain, node.data(), sizeof plain);
  u64 product[4];
  montgomery_multiply(limbs_, plain, product);
  Node result;
  std::memcpy(result.data(), product, sizeof product);
  return result;
}

Fr Fr::inverse() const {
  require(!(*this == Fr()), "zero has no inverse");
  // Fermat: x^(p-2). The subtraction of 2 does not borrow from the next limb.
  u64 exponent[4] = {field_modulus[0] - 2, field_modulus[1], field_modulus[2], field_modulus[3]};
  static_assert(field_modulus[0] >= 2);
  Fr result = one();
  for (int bit = 254; bit >= 0; --bit) {
    result = result.square();
    if ((exponent[bit / 64] >> (bit % 64)) & 1) result *= *this;
  }
  return result;
}

}  // namespace seal
