// Field arithmetic on many elements at once, one in each lane of a vector. The arithmetic in this file is
// shared by all instruction sets; an `Arch` defines the vector operations.
//
// A field element has five limbs of 52 bits. The limbs are below 2^52, but the value may exceed p: 2^260 is
// more than 35 p, so sums may grow and are not compared with p. Clearing the lowest limb of a sum divides it
// by 2^52 modulo p; the result is at most (sum / 2^52) + p.
//
// `Arch` has: Int (64-bit integer lanes) and Operand (52-bit factors), Constant (an Operand's scalar), lanes,
// low_bias and high_bias, and the operations used below. operand(limb) requires a limb below 2^52;
// low_operand takes the low 52 bits of any value. multiply_add(low, high, a, b) adds the low 52 bits of a * b
// plus low_bias to `low`, and the bits above plus high_bias to `high`. A sum starts with its biases
// subtracted, so that they cancel out modulo 2^64. The arithmetic is valid only while an object of type
// Arch::Mode exists.
#pragma once

#include <cstdint>

#include "kernels/bytes.h"
#include "kernels/field.h"

namespace seal::lanes {

constexpr unsigned limb_count = 5;
constexpr unsigned limb_bits = 52;
constexpr std::uint64_t limb_mask = (std::uint64_t{1} << limb_bits) - 1;
constexpr unsigned word_count = 4;  ///< 64-bit words of a node

/// Limb `i` of four 64-bit limbs.
constexpr std::uint64_t limb52(const std::uint64_t* words, unsigned i) {
  const unsigned bit = limb_bits * i;
  const unsigned word = bit / 64;
  const unsigned shift = bit % 64;
  std::uint64_t limb = words[word] >> shift;
  if (shift > 64 - limb_bits && word < 3) limb |= words[word + 1] << (64 - shift);
  return limb & limb_mask;
}

/// The number of times a bias is added to each column of a sum.
struct BiasCounts {
  std::uint64_t low[2 * limb_count] = {};
  std::uint64_t high[2 * limb_count] = {};

  /// Counts the biases that clearing the lowest limb of the columns from `column` on adds.
  constexpr void count_clearing(unsigned column) {
    for (unsigned j = 0; j < limb_count; ++j) {
      if (j > 0) ++low[column + j];
      ++high[column + j + 1];
    }
  }
  /// Counts the biases that a one-limb factor times an element adds to the columns from `column` on.
  constexpr void count_row(unsigned column) {
    for (unsigned j = 0; j < limb_count; ++j) {
      ++low[column + j];
      ++high[column + j + 1];
    }
  }
};

template <typename Arch>
struct Element {
  typename Arch::Int limbs[limb_count];
  typename Arch::Operand operands[limb_count];
};

/// Splits the four words of a node into limbs. Only the low 52 bits of a limb are significant.
template <typename Arch>
inline void split_words(const typename Arch::Int (&words)[word_count],
                        typename Arch::Int (&limbs)[limb_count]) {
  limbs[0] = words[0];
  limbs[1] = Arch::add(Arch::template shift_right<52>(words[0]), Arch::template shift_left<12>(words[1]));
  limbs[2] = Arch::add(Arch::template shift_right<40>(words[1]), Arch::template shift_left<24>(words[2]));
  limbs[3] = Arch::add(Arch::template shift_right<28>(words[2]), Arch::template shift_left<36>(words[3]));
  limbs[4] = Arch::template shift_right<16>(words[3]);
}

/// The inverse of `split_words`, for values below 2^256.
template <typename Arch>
inline void join_limbs(const typename Arch::Int (&limbs)[limb_count],
                       typename Arch::Int (&words)[word_count]) {
  words[0] = Arch::add(limbs[0], Arch::template shift_left<52>(limbs[1]));
  words[1] = Arch::add(Arch::template shift_right<12>(limbs[1]), Arch::template shift_left<40>(limbs[2]));
  words[2] = Arch::add(Arch::template shift_right<24>(limbs[2]), Arch::template shift_left<28>(limbs[3]));
  words[3] = Arch::add(Arch::template shift_right<36>(limbs[3]), Arch::template shift_left<16>(limbs[4]));
}

/// The modulus as vectors of an `Arch`, and the operations modulo p.
template <typename Arch>
class Modulus {
 public:
  using Int = typename Arch::Int;
  using Operand = typename Arch::Operand;

  Modulus() {
    for (unsigned i = 0; i < limb_count; ++i) {
      const auto limb = static_cast<typename Arch::Constant>(limb52(field_modulus, i));
      limbs_[i] = Arch::broadcast(&limb);
    }
  }

  /// Adds to a sum of six columns the multiple of p that clears its lowest column modulo 2^52, and carries
  /// that column into the next. The columns from 1 on are then the sum divided by 2^52.
  inline void clear_lowest(Int* t) const {
    // -1/p = -(1 + 2^32) modulo 2^52.
    const Int product = Arch::add(t[0], Arch::template shift_left<32>(t[0]));
    const Operand factor = Arch::low_operand(Arch::subtract(Arch::set(0), product));
    Arch::multiply_add_high(t[1], factor, limbs_[0]);
#pragma GCC unroll 5
    for (unsigned j = 1; j < limb_count; ++j) Arch::multiply_add(t[j], t[j + 1], factor, limbs_[j]);
    // The low product completes t[0] to a multiple of 2^52, so the carry is t[0] / 2^52 rounded up.
    t[1] = Arch::add(t[1], Arch::template shift_right<limb_bits>(Arch::add(t[0], Arch::set(limb_mask))));
  }

 private:
  Operand limbs_[limb_count];
};

/// Adds `addend(k)` to column k, then propagates carries so that all five columns are below 2^52.
template <typename Arch, typename Addend>
inline void carry(const typename Arch::Int* columns, Addend addend, typename Arch::Int (&limbs)[limb_count]) {
  const auto mask = Arch::set(limb_mask);
  auto carried = Arch::set(0);
#pragma GCC unroll 5
  for (unsigned k = 0; k < limb_count; ++k) {
    const auto limb = Arch::add(Arch::add(columns[k], addend(k)), carried);
    carried = Arch::template shift_right<limb_bits>(limb);
    limbs[k] = Arch::bit_and(limb, mask);
  }
}

/// The addend zero.
template <typename Arch>
struct Nothing {
  inline typename Arch::Int operator()(unsigned) const { return Arch::set(0); }
};

}  // namespace seal::lanes
