// Products of many nodes with one factor, with the arithmetic of field_lanes.h. Since the factor is the same
// for all nodes, its product with each power of 2^52, multiplied by 2^104 modulo p, is computed in advance. A
// node's limbs times these are 25 products of limbs in six columns, below 5 * 2^52 p. Clearing two limbs
// divides by 2^104 again; the result is at most p (1 + 2^-49). The full product of two elements would take
// five clearings.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/scale.h"
#include "kernels/simd/field_lanes.h"

namespace seal::lanes {

/// limbs[j][i] is limb j of the factor times 2^(52 i + 104).
void factor_limbs(const Fr& factor, std::uint64_t (&limbs)[limb_count][limb_count]);

/// A factor as vectors of an `Arch`.
template <typename Arch>
struct Factor {
  typename Arch::Constant columns[limb_count][limb_count];  ///< the result of `factor_limbs`

  explicit Factor(const Fr& factor) {
    std::uint64_t limbs[limb_count][limb_count];
    factor_limbs(factor, limbs);
    for (unsigned j = 0; j < limb_count; ++j) {
      for (unsigned i = 0; i < limb_count; ++i) {
        columns[j][i] = static_cast<typename Arch::Constant>(limbs[j][i]);
      }
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

/// Scales whole groups of Arch::lanes nodes, Arch::scaled_at_once groups side by side, which hides latencies.
/// Stops where an input or a product may not be canonical; returns the number of scaled nodes.
template <typename Arch>
[[gnu::noinline]] std::size_t scale_whole_groups(const Factor<Arch>& factor, const Node* nodes,
                                                 Node* products, std::size_t count) {
  using Int = typename Arch::Int;
  using Operand = typename Arch::Operand;
  constexpr BiasCounts counts = scale_counts();
  constexpr unsigned groups = Arch::scaled_at_once;
  constexpr std::size_t step = groups * Arch::lanes;
  const Modulus<Arch> modulus;
  std::size_t done = 0;
  for (; done + step <= count; done += step) {
    Int words[groups][word_count];
    Operand operands[groups][limb_count];
    Int columns[groups][scale_columns];
    bool may_be_wrong = false;
#pragma GCC unroll 4
    for (unsigned g = 0; g < groups; ++g) {
      Arch::load_nodes(nodes + done + g * Arch::lanes, 1, words[g]);
      may_be_wrong |= Arch::any_above(words[g][3], field_modulus[3] - 1);
      Int limbs[limb_count];
      split_words<Arch>(words[g], limbs);
#pragma GCC unroll 7
      for (unsigned k = 0; k < scale_columns; ++k) {
        columns[g][k] = Arch::set(0 - counts.low[k] * Arch::low_bias - counts.high[k] * Arch::high_bias);
      }
#pragma GCC unroll 5
      for (unsigned i = 0; i < limb_count; ++i) operands[g][i] = Arch::low_operand(limbs[i]);
    }
    if (may_be_wrong) break;
#pragma GCC unroll 5
    for (unsigned j = 0; j < limb_count; ++j) {
#pragma GCC unroll 5
      for (unsigned i = 0; i < limb_count; ++i) {
        const Operand constant = Arch::broadcast(&factor.columns[j][i]);
#pragma GCC unroll 4
        for (unsigned g = 0; g < groups; ++g) {
          Arch::multiply_add(columns[g][j], columns[g][j + 1], operands[g][i], constant);
        }
      }
      // Column j is complete, and the products of later columns do not depend on its clearing.
      if (j < scale_clearings) {
#pragma GCC unroll 4
        for (unsigned g = 0; g < groups; ++g) modulus.clear_lowest(columns[g] + j);
      }
    }
#pragma GCC unroll 4
    for (unsigned g = 0; g < groups; ++g) {
      Int limbs[limb_count];
      carry<Arch>(columns[g] + scale_clearings, Nothing<Arch>{}, limbs);
      join_limbs<Arch>(limbs, words[g]);
      may_be_wrong |= Arch::any_above(words[g][3], field_modulus[3] - 1);
    }
    if (may_be_wrong) break;
#pragma GCC unroll 4
    for (unsigned g = 0; g < groups; ++g) Arch::store_nodes(products + done + g * Arch::lanes, words[g]);
  }
  return done;
}

/// `seal::scale_nodes` with an `Arch`; the plain form scales the remaining nodes.
template <typename Arch>
std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count) {
  const Factor<Arch> rows(factor);
  for (std::size_t done = 0; done < count;) {
    {
      [[maybe_unused]] const typename Arch::Mode mode;
      done += scale_whole_groups(rows, nodes + done, products + done, count - done);
    }
    constexpr std::size_t step = Arch::scaled_at_once * Arch::lanes;
    const std::size_t left = count - done < step ? count - done : step;
    if (const auto bad = plain::scale_nodes(nodes + done, factor, products + done, left)) return done + *bad;
    done += left;
  }
  return std::nullopt;
}

}  // namespace seal::lanes
