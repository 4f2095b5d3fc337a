#include "kernels/encode.h"

#include <immintrin.h>

#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/field.h"

namespace seal {

namespace {

using u64 = unsigned long long;

struct Limbs {
  u64 v[4];
};

Limbs load(const Node& node) {
  Limbs limbs;
  std::memcpy(limbs.v, node.data(), node_bytes);
  return limbs;
}

void store(Node& node, const Limbs& limbs) {
  std::memcpy(node.data(), limbs.v, node_bytes);
}

/// a - p; borrow tells that a was below p.
unsigned char subtract_modulus(const Limbs& a, Limbs& difference) {
  unsigned char borrow = _subborrow_u64(0, a.v[0], field_modulus[0], &difference.v[0]);
  borrow = _subborrow_u64(borrow, a.v[1], field_modulus[1], &difference.v[1]);
  borrow = _subborrow_u64(borrow, a.v[2], field_modulus[2], &difference.v[2]);
  return _subborrow_u64(borrow, a.v[3], field_modulus[3], &difference.v[3]);
}

/// The value's top two bits are clear in all that sealing writes, so the full comparison is rarely needed.
bool canonical(const Limbs& a) {
  if (a.v[3] < field_modulus[3]) return true;
  Limbs ignored;
  return subtract_modulus(a, ignored) != 0;
}

}  // namespace

std::optional<std::size_t> add_nodes(const Node* a, const Node* b, Node* sums, std::size_t count) {
  if (cpu_features().avx2) return avx2::add_nodes(a, b, sums, count);
  return plain::add_nodes(a, b, sums, count);
}

std::optional<std::size_t> subtract_nodes(const Node* a, const Node* b, Node* differences,
                                          std::size_t count) {
  if (cpu_features().avx2) return avx2::subtract_nodes(a, b, differences, count);
  return plain::subtract_nodes(a, b, differences, count);
}

namespace plain {

std::optional<std::size_t> add_nodes(const Node* a, const Node* b, Node* sums, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Limbs x = load(a[i]);
    const Limbs y = load(b[i]);
    if (!canonical(x) || !canonical(y)) return i;
    Limbs sum;
    unsigned char carry = _addcarry_u64(0, x.v[0], y.v[0], &sum.v[0]);
    carry = _addcarry_u64(carry, x.v[1], y.v[1], &sum.v[1]);
    carry = _addcarry_u64(carry, x.v[2], y.v[2], &sum.v[2]);
    _addcarry_u64(carry, x.v[3], y.v[3], &sum.v[3]);  // both are below 2^255
    // Sums of labels and data, 254 bits each, seldom reach the modulus: the branch is predicted well.
    if (sum.v[3] >= field_modulus[3]) {
      Limbs reduced;
      if (subtract_modulus(sum, reduced) == 0) sum = reduced;
    }
    store(sums[i], sum);
  }
  return std::nullopt;
}

std::optional<std::size_t> subtract_nodes(const Node* a, const Node* b, Node* differences,
                                          std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Limbs x = load(a[i]);
    const Limbs y = load(b[i]);
    if (!canonical(x) || !canonical(y)) return i;
    Limbs d;
    unsigned char borrow = _subborrow_u64(0, x.v[0], y.v[0], &d.v[0]);
    borrow = _subborrow_u64(borrow, x.v[1], y.v[1], &d.v[1]);
    borrow = _subborrow_u64(borrow, x.v[2], y.v[2], &d.v[2]);
    borrow = _subborrow_u64(borrow, x.v[3], y.v[3], &d.v[3]);
    const u64 wrap = borrow != 0 ? ~0ull : 0;
    unsigned char carry = _addcarry_u64(0, d.v[0], field_modulus[0] & wrap, &d.v[0]);
    carry = _addcarry_u64(carry, d.v[1], field_modulus[1] & wrap, &d.v[1]);
    carry = _addcarry_u64(carry, d.v[2], field_modulus[2] & wrap, &d.v[2]);
    _addcarry_u64(carry, d.v[3], field_modulus[3] & wrap, &d.v[3]);
    store(differences[i], d);
  }
  return std::nullopt;
}

}  // namespace plain

void fail_not_canonical(const File& file, std::uint64_t node) {
  const std::uint64_t offset = node * node_bytes;
  throw Failure(
      FailureCode::not_canonical,
      "the node at offset " + std::to_string(offset) + " of " + file.path() + " is no field element",
      file.path(), offset);
}

}  // namespace seal
