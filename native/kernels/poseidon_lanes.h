// Poseidon (sheet section 8.6) on many hashes at once, one to each lane of a vector. Written once for every
// instruction set: an `Arch` brings the vectors, this file the arithmetic.
//
// A field element is five limbs of 52 bits in Montgomery form with R = 2^260, its limbs below 2^52 but its
// value not below p: 2^260 is more than 35 p, so sums may grow and are never compared with p. A product is
// reduced once, a scalar product of whole rows also only once. What can grow where:
//   - a reduction of a sum of products gives at most (sum / 2^260) + p;
//   - a full round's scalar product of t <= 12 terms below 3 p is below 2.1 p;
//   - in partial rounds each element gains at most 1.1 p a round, so after 24 rounds it is below 29 p, and is
//   brought back.
//
// `Arch` has: Int (64-bit integer lanes) and Operand (52-bit factors), Constant (an Operand's scalar), lanes,
// low_bias and high_bias, and the operations used below. multiply_add(low, high, a, b) adds to `low` the low
// 52 bits of a * b plus low_bias, and to `high` the bits above plus high_bias; the biases cancel out modulo
// 2^64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/field.h"
#include "kernels/poseidon.h"

namespace seal::lanes {

constexpr unsigned limb_count = 5;
constexpr unsigned limb_bits = 52;
constexpr std::uint64_t limb_mask = (std::uint64_t{1} << limb_bits) - 1;
constexpr unsigned max_width = 12;
constexpr unsigned partial_rounds_between_shrinks = 24;

/// Limb `i` of four 64-bit limbs.
constexpr std::uint64_t limb52(const std::uint64_t* words, unsigned i) {
  const unsigned bit = limb_bits * i;
  const unsigned word = bit / 64;
  const unsigned shift = bit % 64;
  std::uint64_t limb = words[word] >> shift;
  if (shift > 64 - limb_bits && word < 3) limb |= words[word + 1] << (64 - shift);
  return limb & limb_mask;
}

/// How often a bias enters each of the ten accumulators.
struct BiasCounts {
  std::uint64_t low[2 * limb_count] = {};
  std::uint64_t high[2 * limb_count] = {};
};

constexpr BiasCounts product_counts() {
  BiasCounts counts;
  for (unsigned i = 0; i < limb_count; ++i) {
    for (unsigned j = 0; j < limb_count; ++j) {
      ++counts.low[i + j];
      ++counts.high[i + j + 1];
    }
  }
  return counts;
}

constexpr BiasCounts reduction_counts() {
  BiasCounts counts;
  for (unsigned i = 0; i < limb_count; ++i) {
    for (unsigned j = 0; j < limb_count; ++j) {
      if (j > 0) ++counts.low[i + j];
      ++counts.high[i + j + 1];
    }
  }
  return counts;
}

/// The constants of one arity in the form of an `Arch`.
template <typename Arch>
class Constants {
 public:
  using Constant = typename Arch::Constant;

  explicit Constants(unsigned arity) : source(poseidon_constants(arity)), width(arity + 1) {
    for (const Fr& element : source.start) add_sum(start, element);
    for (const Fr& element : source.first_half) add_sum(first_half, element);
    for (const Fr& element : source.partial_scalar) add_sum(partial_scalar, element);
    for (const Fr& element : source.second_half) add_sum(second_half, element);
    add_columns(mds, source.mds);
    add_columns(pre_sparse, source.pre_sparse);
    for (const Fr& element : source.sparse) add_factor(sparse, element);
    add_sum(tag, merkle_tag(arity) + source.start[0]);
    add_factor(one, Fr::one());
    // R^2 as a plain number is R itself in Montgomery form: the number 2^260.
    const Fr two_to_130 = power_of_two(130);
    add_factor(r_squared, two_to_130 * two_to_130);
    add_reduction_modulus();
  }

  const PoseidonConstants& source;
  unsigned width;
  std::vector<std::uint64_t> tag, start, first_half, partial_scalar, second_half;  // limbs to add
  std::vector<Constant> mds, pre_sparse;  // column after column, so that a scalar product reads on
  std::vector<Constant> sparse, one, r_squared;
  Constant modulus[limb_count];

 private:
  static Fr power_of_two(unsigned exponent) {
    Fr result = Fr::one();
    for (unsigned i = 0; i < exponent; ++i) result += result;
    return result;
  }

  /// The element's limbs for R = 2^260, from limbs for R = 2^256: sixteen times the value.
  static void limbs_of(const Fr& element, std::uint64_t limbs[limb_count]) {
    const Fr shifted = element * Fr::from_u64(16);
    for (unsigned i = 0; i < limb_count; ++i) limbs[i] = limb52(shifted.limbs(), i);
  }

  static void add_sum(std::vector<std::uint64_t>& to, const Fr& element) {
    std::uint64_t limbs[limb_count];
    limbs_of(element, limbs);
    to.insert(to.end(), limbs, limbs + limb_count);
  }

  static void add_factor(std::vector<Constant>& to, const Fr& element) {
    std::uint64_t limbs[limb_count];
    limbs_of(element, limbs);
    for (const std::uint64_t limb : limbs) to.push_back(static_cast<Constant>(limb));
  }

  void add_columns(std::vector<Constant>& to, const std::vector<Fr>& matrix) const {
    for (unsigned column = 0; column < width; ++column) {
      for (unsigned row = 0; row < width; ++row) add_factor(to, matrix[row * width + column]);
    }
  }

  void add_reduction_modulus() {
    for (unsigned i = 0; i < limb_count; ++i) modulus[i] = static_cast<Constant>(limb52(field_modulus, i));
  }
};

template <typename Arch>
class Permutation {
 public:
  using Int = typename Arch::Int;
  using Operand = typename Arch::Operand;
  using Constant = typename Arch::Constant;

  explicit Permutation(const Constants<Arch>& constants) : c_(constants) {
    for (unsigned j = 0; j < limb_count; ++j) modulus_[j] = Arch::broadcast(&c_.modulus[j]);
  }

  /// Hashes Arch::lanes groups of `width - 1` canonical nodes under the Merkle tag.
  void hash(const Node* inputs, Node* outputs) {
    load(inputs);
    permute();
    store(outputs);
  }

 private:
  struct Element {
    Int limbs[limb_count];
    Operand operands[limb_count];
  };
  struct Sum {
    Int t[2 * limb_count];
  };

  // What a reduction adds, limb by limb.
  struct Nothing {
    inline Int operator()(unsigned) const { return Arch::set(0); }
  };
  struct Limbs {
    const std::uint64_t* limbs;
    inline Int operator()(unsigned k) const { return Arch::set(limbs[k]); }
  };
  struct Vectors {
    const Int* limbs;
    inline Int operator()(unsigned k) const { return limbs[k]; }
  };

  static constexpr std::uint64_t bias(unsigned k, std::uint64_t products) {
    constexpr BiasCounts product = product_counts();
    constexpr BiasCounts reduction = reduction_counts();
    return 0 - (products * product.low[k] + reduction.low[k]) * Arch::low_bias -
           (products * product.high[k] + reduction.high[k]) * Arch::high_bias;
  }

  static inline void begin(Sum& sum, std::uint64_t products) {
#pragma GCC unroll 10
    for (unsigned k = 0; k < 2 * limb_count; ++k) sum.t[k] = Arch::set(bias(k, products));
  }

  static inline void accumulate(Sum& sum, const Operand* a, const Operand* b) {
#pragma GCC unroll 5
    for (unsigned i = 0; i < limb_count; ++i) {
#pragma GCC unroll 5
      for (unsigned j = 0; j < limb_count; ++j) {
        Arch::multiply_add(sum.t[i + j], sum.t[i + j + 1], a[i], b[j]);
      }
    }
  }

  static inline void accumulate_constant(Sum& sum, const Operand* a, const Constant* b) {
#pragma GCC unroll 5
    for (unsigned j = 0; j < limb_count; ++j) {
      const Operand factor = Arch::broadcast(b + j);
#pragma GCC unroll 5
      for (unsigned i = 0; i < limb_count; ++i) {
        Arch::multiply_add(sum.t[i + j], sum.t[i + j + 1], a[i], factor);
      }
    }
  }

  /// Divides by R: five times the lowest limb is cleared by a multiple of p. Then `addend` is
  /// added and the limbs are brought below 2^52.
  template <typename Addend>
  inline void reduce(Sum& sum, Addend addend, Element& result) const {
    const Int mask = Arch::set(limb_mask);
#pragma GCC unroll 5
    for (unsigned i = 0; i < limb_count; ++i) {
      // -1/p = -(1 + 2^32) modulo 2^52.
      const Int t = sum.t[i];
      const Int q =
          Arch::bit_and(Arch::subtract(Arch::set(0), Arch::add(t, Arch::template shift_left<32>(t))), mask);
      const Operand factor = Arch::operand(q);
      Arch::multiply_add_high(sum.t[i + 1], factor, modulus_[0]);
#pragma GCC unroll 5
      for (unsigned j = 1; j < limb_count; ++j) {
        Arch::multiply_add(sum.t[i + j], sum.t[i + j + 1], factor, modulus_[j]);
      }
      // The low product completes t to a multiple of 2^52; what it carries is t rounded up.
      sum.t[i + 1] = Arch::add(sum.t[i + 1], Arch::template shift_right<limb_bits>(Arch::add(t, mask)));
    }
    Int carry = Arch::set(0);
#pragma GCC unroll 5
    for (unsigned k = 0; k < limb_count; ++k) {
      const Int limb = Arch::add(Arch::add(sum.t[limb_count + k], addend(k)), carry);
      carry = Arch::template shift_right<limb_bits>(limb);
      result.limbs[k] = Arch::bit_and(limb, mask);
      result.operands[k] = Arch::operand(result.limbs[k]);
    }
  }

  inline void square(const Element& a, Element& result) const {
    Sum sum;
#pragma GCC unroll 10
    for (unsigned k = 0; k < 2 * limb_count; ++k) sum.t[k] = Arch::set(0);
#pragma GCC unroll 5
    for (unsigned i = 0; i < limb_count; ++i) {
#pragma GCC unroll 5
      for (unsigned j = i + 1; j < limb_count; ++j) {
        Arch::multiply_add(sum.t[i + j], sum.t[i + j + 1], a.operands[i], a.operands[j]);
      }
    }
#pragma GCC unroll 10
    for (unsigned k = 0; k < 2 * limb_count; ++k) {
      sum.t[k] = Arch::add(Arch::add(sum.t[k], sum.t[k]), Arch::set(bias(k, 1)));
    }
#pragma GCC unroll 5
    for (unsigned i = 0; i < limb_count; ++i) {
      Arch::multiply_add(sum.t[2 * i], sum.t[2 * i + 1], a.operands[i], a.operands[i]);
    }
    reduce(sum, Nothing{}, result);
  }

  /// x^5 plus a constant.
  template <typename Addend>
  inline void fifth_power(Element& x, Addend addend) const {
    Element square_of_x;
    Element fourth;
    square(x, square_of_x);
    square(square_of_x, fourth);
    Sum sum;
    begin(sum, 1);
    accumulate(sum, fourth.operands, x.operands);
    reduce(sum, addend, x);
  }

  void multiply_dense(const Constant* columns, unsigned first, unsigned count) {
    Element product[max_width];
    for (unsigned j = first; j < first + count; ++j) {
      Sum sum;
      begin(sum, c_.width);
      const Constant* column = columns + std::size_t{j} * c_.width * limb_count;
      for (unsigned i = 0; i < c_.width; ++i)
        accumulate_constant(sum, state_[i].operands, column + i * limb_count);
      reduce(sum, Nothing{}, product[j]);
    }
    for (unsigned j = first; j < first + count; ++j) state_[j] = product[j];
  }

  void partial_round(unsigned round) {
    const Constant* column = c_.sparse.data() + std::size_t{round} * (2 * c_.width - 1) * limb_count;
    const Constant* row = column + c_.width * limb_count;
    Element first = state_[0];
    fifth_power(first, Limbs{&c_.partial_scalar[round * limb_count]});

    Sum sum;
    begin(sum, c_.width);
    accumulate_constant(sum, first.operands, column);
    for (unsigned j = 1; j < c_.width; ++j)
      accumulate_constant(sum, state_[j].operands, column + j * limb_count);
    reduce(sum, Nothing{}, state_[0]);

    for (unsigned j = 1; j < c_.width; ++j) {
      Sum product;
      begin(product, 1);
      accumulate_constant(product, first.operands, row + (j - 1) * limb_count);
      reduce(product, Vectors{state_[j].limbs}, state_[j]);
    }
  }

  void shrink() {
    for (unsigned j = 1; j < c_.width; ++j) {
      Sum sum;
      begin(sum, 1);
      accumulate_constant(sum, state_[j].operands, c_.one.data());
      reduce(sum, Nothing{}, state_[j]);
    }
  }

  void permute() {
    const unsigned t = c_.width;
    const unsigned half = c_.source.full_rounds / 2;
    for (unsigned r = 0; r < half; ++r) {
      for (unsigned i = 0; i < t; ++i) {
        fifth_power(state_[i], Limbs{&c_.first_half[(r * t + i) * limb_count]});
      }
      multiply_dense(r + 1 < half ? c_.mds.data() : c_.pre_sparse.data(), 0, t);
    }
    for (unsigned r = 0; r < c_.source.partial_rounds; ++r) {
      partial_round(r);
      if (r % partial_rounds_between_shrinks == partial_rounds_between_shrinks - 1) shrink();
    }
    for (unsigned r = 0; r + 1 < half; ++r) {
      for (unsigned i = 0; i < t; ++i) {
        fifth_power(state_[i], Limbs{&c_.second_half[(r * t + i) * limb_count]});
      }
      multiply_dense(c_.mds.data(), 0, t);
    }
    for (unsigned i = 0; i < t; ++i) fifth_power(state_[i], Nothing{});
    multiply_dense(c_.mds.data(), 1, 1);  // only element 1 is the hash
  }

  void load(const Node* inputs) {
    const unsigned arity = c_.width - 1;
    for (unsigned k = 0; k < limb_count; ++k) {
      state_[0].limbs[k] = Arch::set(c_.tag[k]);
      state_[0].operands[k] = Arch::operand(state_[0].limbs[k]);
    }
    for (unsigned i = 0; i < arity; ++i) {
      alignas(64) std::uint64_t limbs[limb_count][Arch::lanes];
      for (unsigned lane = 0; lane < Arch::lanes; ++lane) {
        std::uint64_t words[4];
        __builtin_memcpy(words, reinterpret_cast<const std::uint8_t*>(inputs + lane * arity + i),
                         sizeof words);
        for (unsigned k = 0; k < limb_count; ++k) limbs[k][lane] = limb52(words, k);
      }
      Operand operands[limb_count];
      for (unsigned k = 0; k < limb_count; ++k) operands[k] = Arch::operand(Arch::load(limbs[k]));
      Sum sum;
      begin(sum, 1);
      accumulate_constant(sum, operands, c_.r_squared.data());
      reduce(sum, Limbs{&c_.start[(i + 1) * limb_count]}, state_[i + 1]);
    }
  }

  void store(Node* outputs) {
    Sum sum;
    begin(sum, 0);
    for (unsigned k = 0; k < limb_count; ++k) sum.t[k] = Arch::add(sum.t[k], state_[1].limbs[k]);
    Element plain;
    reduce(sum, Nothing{}, plain);
    alignas(64) std::uint64_t limbs[limb_count][Arch::lanes];
    for (unsigned k = 0; k < limb_count; ++k) Arch::store(limbs[k], plain.limbs[k]);
    for (unsigned lane = 0; lane < Arch::lanes; ++lane) {
      std::uint64_t words[4];
      words[0] = limbs[0][lane] | limbs[1][lane] << 52;
      words[1] = limbs[1][lane] >> 12 | limbs[2][lane] << 40;
      words[2] = limbs[2][lane] >> 24 | limbs[3][lane] << 28;
      words[3] = limbs[3][lane] >> 36 | limbs[4][lane] << 16;
      // The reduction gives at most p itself, for zero.
      if (words[0] == field_modulus[0] && words[1] == field_modulus[1] && words[2] == field_modulus[2] &&
          words[3] == field_modulus[3]) {
        words[0] = words[1] = words[2] = words[3] = 0;
      }
      __builtin_memcpy(reinterpret_cast<std::uint8_t*>(outputs + lane), words, sizeof words);
    }
  }

  const Constants<Arch>& c_;
  Operand modulus_[limb_count];
  Element state_[max_width];
};

}  // namespace seal::lanes
