#include "kernels/encode.h"

#include <cstdint>

#include "kernels/failure.h"
#include "kernels/field.h"

namespace seal {

namespace {

using Word [[gnu::may_alias]] = std::uint64_t;

// The chains of carries are written as the instructions they are, and words are stored one by one: left to
// itself, the compiler spills the carries, and joins words into vectors that are loaded before their parts
// have arrived in the cache. Both together took six times as long.

struct Limbs {
  std::uint64_t v[4];
};

constexpr Limbs modulus = {{field_modulus[0], field_modulus[1], field_modulus[2], field_modulus[3]}};

inline const Word* words_of(const Node& node) {
  return reinterpret_cast<const Word*>(node.data());
}

inline Limbs load(const Node& node) {
  const Word* words = words_of(node);
  return {{words[0], words[1], words[2], words[3]}};
}

inline void store(Node& node, const Limbs& limbs) {
  auto* words = reinterpret_cast<Word*>(node.data());
  for (unsigned i = 0; i < 4; ++i) asm("mov %1, %0" : "=m"(words[i]) : "r"(limbs.v[i]));
}

/// a += b modulo 2^256.
inline void add(Limbs& a, const Word* b) {
  asm("add %4, %0\n\tadc %5, %1\n\tadc %6, %2\n\tadc %7, %3"
      : "+&r"(a.v[0]), "+&r"(a.v[1]), "+&r"(a.v[2]), "+&r"(a.v[3])
      : "rm"(b[0]), "rm"(b[1]), "rm"(b[2]), "rm"(b[3])
      : "cc");
}

/// a -= b modulo 2^256; all bits set where b was above a, otherwise 0.
inline std::uint64_t subtract(Limbs& a, const Word* b) {
  std::uint64_t borrow;
  asm("sub %5, %0\n\tsbb %6, %1\n\tsbb %7, %2\n\tsbb %8, %3\n\tsbb %4, %4"
      : "+&r"(a.v[0]), "+&r"(a.v[1]), "+&r"(a.v[2]), "+&r"(a.v[3]), "=&r"(borrow)
      : "rm"(b[0]), "rm"(b[1]), "rm"(b[2]), "rm"(b[3])
      : "cc");
  return borrow;
}

/// A value below 2 p modulo p. Without a branch: after a multiplication, every other sum reaches the modulus.
inline void reduce(Limbs& a) {
  Limbs reduced = a;
  asm("sub %8, %4\n\tsbb %9, %5\n\tsbb %10, %6\n\tsbb %11, %7\n\t"
      "cmovnc %4, %0\n\tcmovnc %5, %1\n\tcmovnc %6, %2\n\tcmovnc %7, %3"
      : "+&r"(a.v[0]), "+&r"(a.v[1]), "+&r"(a.v[2]), "+&r"(a.v[3]), "+&r"(reduced.v[0]), "+&r"(reduced.v[1]),
        "+&r"(reduced.v[2]), "+&r"(reduced.v[3])
      : "m"(modulus.v[0]), "m"(modulus.v[1]), "m"(modulus.v[2]), "m"(modulus.v[3])
      : "cc");
}

/// In all that sealing writes, the highest word alone tells that a node is canonical.
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
      "the node at offset " + std::to_string(offset) + " of " + file.path() + " is no field element",
      file.path(), offset);
}

void fail_first_not_canonical(const File& a, const File& b, std::uint64_t node) {
  Node value;
  a.read(value.data(), node_bytes, node * node_bytes);
  fail_not_canonical(is_canonical(value) ? b : a, node);
}

}  // namespace seal
