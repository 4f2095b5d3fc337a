// Many Poseidon hashes (docs/spec/sealing.md section 8.6) at once, with the arithmetic of field_lanes.h in
// Montgomery form with R = 2^260. A product is reduced once; a scalar product of whole rows is also reduced
// only once. Bounds:
//   - a reduction of a sum of products gives at most (sum / 2^260) + p;
//   - a full round's scalar product of t <= 12 terms below 3 p is below 2.1 p;
//   - in partial rounds each element gains at most 1.1 p a round, so after 24 rounds it is below 29 p, and is
//   brought back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/bytes.h"
#include "kernels/field.h"
#include "kernels/poseidon.h"
#include "kernels/simd/field_lanes.h"
#include "kernels/simd/poseidon_lane_constants.h"

namespace seal::lanes {

constexpr unsigned partial_rounds_between_shrinks = 24;

constexpr BiasCounts product_counts() {
  BiasCounts counts;
  for (unsigned i = 0; i < limb_count; ++i) counts.count_row(i);
  return counts;
}

constexpr BiasCounts reduction_counts() {
  BiasCounts counts;
  for (unsigned i = 0; i < limb_count; ++i) counts.count_clearing(i);
  return counts;
}

template <typename Arch>
class Permutation {
 public:
  using Int = typename Arch::Int;
  using Operand = typename Arch::Operand;
  using Constant = typename Arch::Constant;

  explicit Permutation(const PoseidonLimbs<typename Arch::Constant>& constants) : c_(constants) {}

  /// Hashes Arch::lanes groups of `width - 1` canonical nodes with the Merkle tag.
  void hash(const Node* inputs, Node* outputs) {
    load(inputs);
    permute();
    store(outputs);
  }

 private:
  using Element = lanes::Element<Arch>;
  using Nothing = lanes::Nothing<Arch>;
  struct Sum {
    Int t[2 * limb_count];
  };

  // The addend of a reduction, limb by limb.
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

  /// Divides by R: clears the lowest limb five times by adding a multiple of p. Then adds `addend` and brings
  /// the limbs below 2^52.
  template <typename Addend>
  inline void reduce(Sum& sum, Addend addend, Element& result) const {
#pragma GCC unroll 5
    for (unsigned i = 0; i < limb_count; ++i) modulus_.clear_lowest(&sum.t[i]);
    carry<Arch>(&sum.t[limb_count], addend, result.limbs);
#pragma GCC unroll 5
    for (unsigned k = 0; k < limb_count; ++k) result.operands[k] = Arch::operand(result.limbs[k]);
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
    const Constant* column = c_.sparse + std::size_t{round} * (2 * c_.width - 1) * limb_count;
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
      accumulate_constant(sum, state_[j].operands, c_.one);
      reduce(sum, Nothing{}, state_[j]);
    }
  }

  void permute() {
    const unsigned t = c_.width;
    const unsigned half = c_.full_rounds / 2;
    for (unsigned r = 0; r < half; ++r) {
      for (unsigned i = 0; i < t; ++i) {
        fifth_power(state_[i], Limbs{&c_.first_half[(r * t + i) * limb_count]});
      }
      multiply_dense(r + 1 < half ? c_.mds : c_.pre_sparse, 0, t);
    }
    for (unsigned r = 0; r < c_.partial_rounds; ++r) {
      partial_round(r);
      if (r % partial_rounds_between_shrinks == partial_rounds_between_shrinks - 1) shrink();
    }
    for (unsigned r = 0; r + 1 < half; ++r) {
      for (unsigned i = 0; i < t; ++i) {
        fifth_power(state_[i], Limbs{&c_.second_half[(r * t + i) * limb_count]});
      }
      multiply_dense(c_.mds, 0, t);
    }
    for (unsigned i = 0; i < t; ++i) fifth_power(state_[i], Nothing{});
    multiply_dense(c_.mds, 1, 1);  // the hash is element 1
  }

  void load(const Node* inputs) {
    const unsigned arity = c_.width - 1;
    for (unsigned k = 0; k < limb_count; ++k) {
      state_[0].limbs[k] = Arch::set(c_.tag[k]);
      state_[0].operands[k] = Arch::operand(state_[0].limbs[k]);
    }
    for (unsigned i = 0; i < arity; ++i) {
      Int words[word_count];
      Int limbs[limb_count];
      Arch::load_nodes(inputs + i, arity, words);
      split_words<Arch>(words, limbs);
      Operand operands[limb_count];
      for (unsigned k = 0; k < limb_count; ++k) operands[k] = Arch::low_operand(limbs[k]);
      Sum sum;
      begin(sum, 1);
      accumulate_constant(sum, operands, c_.r_squared);
      reduce(sum, Limbs{&c_.start[(i + 1) * limb_count]}, state_[i + 1]);
    }
  }

  void store(Node* outputs) {
    Sum sum;
    begin(sum, 0);
    for (unsigned k = 0; k < limb_count; ++k) sum.t[k] = Arch::add(sum.t[k], state_[1].limbs[k]);
    Element plain;
    reduce(sum, Nothing{}, plain);
    Int words[word_count];
    join_limbs<Arch>(plain.limbs, words);
    // The result of the reduction is at most p, and p only for zero.
    Arch::store_nodes(outputs, words);
    if (Arch::any_above(words[3], field_modulus[3] - 1)) replace_modulus(outputs);
  }

  static void replace_modulus(Node* outputs) {
    for (unsigned lane = 0; lane < Arch::lanes; ++lane) {
      if (!is_canonical(outputs[lane])) outputs[lane] = Node{};
    }
  }

  const PoseidonLimbs<typename Arch::Constant>& c_;
  Modulus<Arch> modulus_;
  Element state_[max_width];
};

/// Computes whole groups of Arch::lanes hashes; returns the number of hashes. Not inlined, so that no
/// arithmetic moves out of the scope of Arch::Mode.
template <typename Arch>
[[gnu::noinline]] std::size_t hash_whole_groups(const PoseidonLimbs<typename Arch::Constant>& constants,
                                                const Node* inputs, Node* outputs, std::size_t count) {
  Permutation<Arch> permutation(constants);
  const std::size_t arity = constants.width - 1;
  std::size_t done = 0;
  for (; done + Arch::lanes <= count; done += Arch::lanes) {
    permutation.hash(inputs + done * arity, outputs + done);
  }
  return done;
}

/// `seal::poseidon_hash_row` with an `Arch`. The last group is extended with zeros: four lanes take no longer
/// than one hash in the plain form.
template <typename Arch>
void hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count) {
  if (arity >= max_width) return plain::poseidon_hash_row(arity, inputs, outputs, count);
  const PoseidonLimbs<typename Arch::Constant>& constants = poseidon_limbs<typename Arch::Constant>(arity);
  [[maybe_unused]] const typename Arch::Mode mode;
  const std::size_t done = hash_whole_groups<Arch>(constants, inputs, outputs, count);
  if (done == count) return;
  Node last_inputs[Arch::lanes * (max_width - 1)] = {};
  Node last_outputs[Arch::lanes];
  for (std::size_t i = 0; i < (count - done) * arity; ++i) last_inputs[i] = inputs[done * arity + i];
  hash_whole_groups<Arch>(constants, last_inputs, last_outputs, Arch::lanes);
  for (std::size_t i = 0; done + i < count; ++i) outputs[done + i] = last_outputs[i];
}

}  // namespace seal::lanes
