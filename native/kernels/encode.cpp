#include "kernels/encode.h"

#include <cstdint>

#include "kernels/carry_chains.h"
#include "kernels/failure.h"
#include "kernels/field.h"

namespace seal {

namespace {

using namespace carry_chains;

/// Whether a node is canonical. The highest word suffices to decide that for every node that sealing writes.
inline bool canonical(const Node& node) {
  return __builtin_expect(words_of(node)[3] < field_modulus[3], 1) || is_canonical(node);
}

}  // namespace

std::optional<std::size_t> add_nodes(const Node* a, const Node* b, Node* sums, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!canonical(a[i]) || !canonical(b[i])) return i;
    Limbs sum = load(a[i]);
    add(sum, words_of(b[i]));  // both are below 2^255
    reduce(sum);
    store(sums[i], sum);
  }
  return std::nullopt;
}

std::optional<std::size_t> subtract_nodes(const Node* a, const Node* b, Node* differences,
                                          std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!canonical(a[i]) || !canonical(b[i])) return i;
    Limbs difference = load(a[i]);
    const std::uint64_t borrow = subtract(difference, words_of(b[i]));
    Word wrapped[4];
    for (unsigned k = 0; k < 4; ++k) wrapped[k] = field_modulus[k] & borrow;
    add(difference, wrapped);
    store(differences[i], difference);
  }
  return std::nullopt;
}

void fail_not_canonical(const File& file, std::uint64_t node) {
  const std::uint64_t offset = node * node_bytes;
  throw Failure(
      FailureCode::not_canonical,
      "the node at offset " + std::to_string(offset) + " of " + file.path() + " is not a field element",
      file.path(), offset);
}

void fail_first_not_canonical(const File& a, const File& b, std::uint64_t node) {
  Node value;
  a.read(value.data(), node_bytes, node * node_bytes);
  fail_not_canonical(is_canonical(value) ? b : a, node);
}

}  // namespace seal
