// Products of many nodes with one factor, with the arithmetic of field_lanes.h. As the factor is the same for
// all, the factor times each power of 2^52, divided by 2^104, is worked out beforehand modulo p. A node's
// limbs times these are 25 products of limbs in six columns, below 5 * 2^52 p; clearing two limbs undoes the
// division and leaves at most p and a part of it that is below 2^-49. The full product of two elements would
// take five clearings.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "kernels/field_lanes.h"
#include "kernels/scale.h"

namespace seal::lanes {

/// A factor in the form of an `Arch`.
template <typename Arch>
struct Factor {
  typename Arch::Constant columns[limb_count]
                                 [limb_count];  ///< [j][i]: limb j of the factor times 2^(52 i + 104)

  explicit Factor(const Fr& factor) {
    Fr shifted = factor * limb_base() * limb_base();
    for (unsigned i = 0; i < limb_count; ++i) {
      const Node plain = shifted.to_node();
      std::uint64_t words[word_count];
      for (unsigned k = 0; k < word_count; ++k) __builtin_memcpy(&words[k], &plain[8 * k], 8);
      for (unsigned j = 0; j < limb_count; ++j)
        columns[j][i] = static_cast<typename Arch::Constant>(limb52(words, j));
      shifted *= limb_base();
    }
  }
};

constexpr unsigned scale_clearings = 2;
constexpr unsigned scale_columns = limb_count + scale_clearings;

constexpr BiasCounts scale_counts() {
  BiasCounts counts;
  for (unsigned i = 0; i < limb_count; ++i) counts.count_row(0);
  for (unsigned i = 0; i < scale_clearings; ++i) counts.count_clearing(i);
  return counts;
}

/// Scales whole groups of Arch::lanes nodes. Stops where an input may be no canonical node, or a product may
/// not have come out canonical; returns how many are done.
template <typename Arch>
[[gnu::noinline]] std::size_t scale_whole_groups(const Factor<Arch>& factor, const Node* nodes,
                                                 Node* products, std::size_t count) {
  using Int = typename Arch::Int;
  using Operand = typename Arch::Operand;
  constexpr BiasCounts counts = scale_counts();
  const Modulus<Arch> modulus;
  std::size_t done = 0;
  for (; done + Arch::lanes <= count; done += Arch::lanes) {
    Int words[word_count];
    Arch::load_nodes(nodes + done, 1, words);
    if (Arch::any_above(words[3], field_modulus[3] - 1)) break;
    Int limbs[limb_count];
    split_words<Arch>(words, limbs);

    Int columns[scale_columns];
#pragma GCC unroll 7
    for (unsigned k = 0; k < scale_columns; ++k) {
      columns[k] = Arch::set(0 - counts.low[k] * Arch::low_bias - counts.high[k] * Arch::high_bias);
    }
    Operand operands[limb_count];
#pragma GCC unroll 5
    for (unsigned i = 0; i < limb_count; ++i) operands[i] = Arch::operand(limbs[i]);
#pragma GCC unroll 5
    for (unsigned j = 0; j < limb_count; ++j) {
#pragma GCC unroll 5
      for (unsigned i = 0; i < limb_count; ++i) {
        Arch::multiply_add(columns[j], columns[j + 1], operands[i], Arch::broadcast(&factor.columns[j][i]));
      }
      // Column j is complete, and the later columns' products need not wait for its clearing.
      if (j < scale_clearings) modulus.clear_lowest(columns + j);
    }
    carry<Arch>(columns + scale_clearings, Nothing<Arch>{}, limbs);
    join_limbs<Arch>(limbs, words);
    if (Arch::any_above(words[3], field_modulus[3] - 1)) break;
    Arch::store_nodes(products + done, words);
  }
  return done;
}

/// `seal::scale_nodes` with an `Arch`; the plain form takes what the lanes leave.
template <typename Arch>
std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count) {
  const Factor<Arch> rows(factor);
  for (std::size_t done = 0; done < count;) {
    {
      [[maybe_unused]] const typename Arch::Mode mode;
      done += scale_whole_groups(rows, nodes + done, products + done, count - done);
    }
    const std::size_t left = std::min<std::size_t>(Arch::lanes, count - done);
    if (const auto bad = plain::scale_nodes(nodes + done, factor, products + done, left)) return done + *bad;
    done += left;
  }
  return std::nullopt;
}

}  // namespace seal::lanes
