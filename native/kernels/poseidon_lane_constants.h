// The constants of Poseidon (docs/spec/sealing.md section 8.6) as poseidon_lanes.h wants them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "kernels/field.h"
#include "kernels/field_lanes.h"
#include "kernels/poseidon.h"

namespace seal::lanes {

constexpr unsigned max_width = 12;

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
    const Fr two_to_104 = limb_base() * limb_base();
    add_factor(r_squared, two_to_104 * two_to_104 * limb_base());
  }

  const PoseidonConstants& source;
  unsigned width;
  std::vector<std::uint64_t> tag, start, first_half, partial_scalar, second_half;  // limbs to add
  std::vector<Constant> mds, pre_sparse;  // column after column, so that a scalar product reads on
  std::vector<Constant> sparse, one, r_squared;

 private:
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
};

/// The constants of an arity, made at first use.
template <typename Arch>
const Constants<Arch>& constants_of(unsigned arity) {
  static std::mutex mutex;
  static std::map<unsigned, Constants<Arch>> known;
  const std::lock_guard lock(mutex);
  return known.try_emplace(arity, arity).first->second;
}

}  // namespace seal::lanes
