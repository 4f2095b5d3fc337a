// The constants of Poseidon (docs/spec/sealing.md section 8.6) as poseidon_lanes.h wants them.
#pragma once

#include <cstdint>

namespace seal::lanes {

constexpr unsigned max_width = 12;

/// The constants of one arity, each cut into limbs, for an `Arch` whose Constant is `Number`. Pointers,
/// because a file compiled for one instruction set must not instantiate the containers that other files use.
template <typename Number>
struct PoseidonLimbs {
  unsigned width = 0;
  unsigned full_rounds = 0;
  unsigned partial_rounds = 0;
  // To be added.
  const std::uint64_t* tag = nullptr;
  const std::uint64_t* start = nullptr;
  const std::uint64_t* first_half = nullptr;
  const std::uint64_t* partial_scalar = nullptr;
  const std::uint64_t* second_half = nullptr;
  // Factors; matrices column after column, so that a scalar product reads on.
  const Number* mds = nullptr;
  const Number* pre_sparse = nullptr;
  const Number* sparse = nullptr;
  const Number* one = nullptr;
  const Number* r_squared = nullptr;
};

/// The constants of an arity below `max_width`, made at first use. For `double` and `std::uint64_t`.
template <typename Number>
const PoseidonLimbs<Number>& poseidon_limbs(unsigned arity);

extern template const PoseidonLimbs<double>& poseidon_limbs<double>(unsigned arity);
extern template const PoseidonLimbs<std::uint64_t>& poseidon_limbs<std::uint64_t>(unsigned arity);

}  // namespace seal::lanes
