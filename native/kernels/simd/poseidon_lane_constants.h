// The constants of Poseidon (docs/spec/sealing.md section 8.6) for poseidon_lanes.h.
#pragma once

#include <cstdint>

namespace seal::lanes {

constexpr unsigned max_width = 12;

/// The constants of one arity, split into limbs, for an `Arch` whose Constant is `Number`. They are pointers,
/// because a file compiled for one instruction set must not instantiate containers that other files use.
template <typename Number>
struct PoseidonLimbs {
  unsigned width = 0;
  unsigned full_rounds = 0;
  unsigned partial_rounds = 0;
  // Summands.
  const std::uint64_t* tag = nullptr;
  const std::uint64_t* start = nullptr;
  const std::uint64_t* first_half = nullptr;
  const std::uint64_t* partial_scalar = nullptr;
  const std::uint64_t* second_half = nullptr;
  // Factors. Matrices are stored by column, so that a scalar product reads sequentially.
  const Number* mds = nullptr;
  const Number* pre_sparse = nullptr;
  const Number* sparse = nullptr;
  const Number* one = nullptr;
  const Number* r_squared = nullptr;
};

/// The constants of an arity below `max_width`, computed at first use. For `double` and `std::uint64_t`.
template <typename Number>
const PoseidonLimbs<Number>& poseidon_limbs(unsigned arity);

extern template const PoseidonLimbs<double>& poseidon_limbs<double>(unsigned arity);
extern template const PoseidonLimbs<std::uint64_t>& poseidon_limbs<std::uint64_t>(unsigned arity);

}  // namespace seal::lanes
