// Additions and subtractions of 256 bits, which encoding does for every node.
#pragma once

#include <cstdint>

#include "kernels/bytes.h"
#include "kernels/field.h"

namespace seal::carry_chains {

using Word [[gnu::may_alias]] = std::uint64_t;

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

#if defined(__x86_64__)

// Carry chains are inline assembly, and words are stored one by one. Otherwise the compiler spills the
// carries, and joins words into vectors that it loads before their parts are in the cache. The code it
// generates then takes six times as long.

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

/// a -= b modulo 2^256. Returns all bits set where b was above a, otherwise 0.
inline std::uint64_t subtract(Limbs& a, const Word* b) {
  std::uint64_t borrow;
  asm("sub %5, %0\n\tsbb %6, %1\n\tsbb %7, %2\n\tsbb %8, %3\n\tsbb %4, %4"
      : "+&r"(a.v[0]), "+&r"(a.v[1]), "+&r"(a.v[2]), "+&r"(a.v[3]), "=&r"(borrow)
      : "rm"(b[0]), "rm"(b[1]), "rm"(b[2]), "rm"(b[3])
      : "cc");
  return borrow;
}

/// Reduces a value below 2 p modulo p. Branchless: after a multiplication, every other sum reaches the
/// modulus.
inline void reduce(Limbs& a) {
  Limbs reduced = a;
  asm("sub %8, %4\n\tsbb %9, %5\n\tsbb %10, %6\n\tsbb %11, %7\n\t"
      "cmovnc %4, %0\n\tcmovnc %5, %1\n\tcmovnc %6, %2\n\tcmovnc %7, %3"
      : "+&r"(a.v[0]), "+&r"(a.v[1]), "+&r"(a.v[2]), "+&r"(a.v[3]), "+&r"(reduced.v[0]), "+&r"(reduced.v[1]),
        "+&r"(reduced.v[2]), "+&r"(reduced.v[3])
      : "m"(modulus.v[0]), "m"(modulus.v[1]), "m"(modulus.v[2]), "m"(modulus.v[3])
      : "cc");
}

#else

inline void store(Node& node, const Limbs& limbs) {
  std::memcpy(node.data(), limbs.v, sizeof limbs.v);
}

inline void add(Limbs& a, const Word* b) {
  bool carry = false;
  for (unsigned i = 0; i < 4; ++i) {
    const bool first = __builtin_add_overflow(a.v[i], b[i], &a.v[i]);
    carry = __builtin_add_overflow(a.v[i], std::uint64_t{carry}, &a.v[i]) || first;
  }
}

inline std::uint64_t subtract(Limbs& a, const Word* b) {
  bool borrow = false;
  for (unsigned i = 0; i < 4; ++i) {
    const bool first = __builtin_sub_overflow(a.v[i], b[i], &a.v[i]);
    borrow = __builtin_sub_overflow(a.v[i], std::uint64_t{borrow}, &a.v[i]) || first;
  }
  return std::uint64_t{0} - borrow;
}

inline void reduce(Limbs& a) {
  Limbs reduced = a;
  const std::uint64_t below = subtract(reduced, modulus.v);
  for (unsigned i = 0; i < 4; ++i) a.v[i] = (a.v[i] & below) | (reduced.v[i] & ~below);
}

#endif

}  // namespace seal::carry_chains
