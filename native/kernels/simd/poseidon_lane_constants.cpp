#include "kernels/simd/poseidon_lane_constants.h"

#include <map>
#include <mutex>
#include <vector>

#include "kernels/field.h"
#include "kernels/poseidon.h"
#include "kernels/simd/field_lanes.h"

namespace seal::lanes {

namespace {

/// Owns the memory that a `PoseidonLimbs` points to.
template <typename Number>
class Constants {
 public:
  explicit Constants(unsigned arity) : source_(poseidon_constants(arity)) {
    limbs_.width = arity + 1;
    limbs_.full_rounds = source_.full_rounds;
    limbs_.partial_rounds = source_.partial_rounds;
    limbs_.tag = keep(sums_, {merkle_tag(arity) + source_.start[0]});
    limbs_.start = keep(sums_, source_.start);
    limbs_.first_half = keep(sums_, source_.first_half);
    limbs_.partial_scalar = keep(sums_, source_.partial_scalar);
    limbs_.second_half = keep(sums_, source_.second_half);
    limbs_.mds = keep(factors_, columns_of(source_.mds));
    limbs_.pre_sparse = keep(factors_, columns_of(source_.pre_sparse));
    limbs_.sparse = keep(factors_, source_.sparse);
    limbs_.one = keep(factors_, {Fr::one()});
    // In Montgomery form, R^2 represents R, the number 2^260.
    const Fr two_to_52 = Fr::from_u64(std::uint64_t{1} << limb_bits);
    const Fr two_to_104 = two_to_52 * two_to_52;
    limbs_.r_squared = keep(factors_, {two_to_104 * two_to_104 * two_to_52});
  }
  Constants(const Constants&) = delete;
  Constants& operator=(const Constants&) = delete;

  const PoseidonLimbs<Number>& limbs() const { return limbs_; }

 private:
  /// Converts limbs for R = 2^256 to limbs for R = 2^260: sixteen times the value.
  template <typename Limb>
  static const Limb* keep(std::vector<std::vector<Limb>>& lists, const std::vector<Fr>& elements) {
    std::vector<Limb> limbs;
    limbs.reserve(elements.size() * limb_count);
    for (const Fr& element : elements) {
      const Fr shifted = element * Fr::from_u64(16);
      for (unsigned i = 0; i < limb_count; ++i) {
        limbs.push_back(static_cast<Limb>(limb52(shifted.limbs(), i)));
      }
    }
    // Moving a vector does not change the addresses of its elements.
    return lists.emplace_back(std::move(limbs)).data();
  }

  std::vector<Fr> columns_of(const std::vector<Fr>& matrix) const {
    std::vector<Fr> columns;
    for (unsigned column = 0; column < limbs_.width; ++column) {
      for (unsigned row = 0; row < limbs_.width; ++row) {
        columns.push_back(matrix[row * limbs_.width + column]);
      }
    }
    return columns;
  }

  const PoseidonConstants& source_;
  PoseidonLimbs<Number> limbs_;
  std::vector<std::vector<std::uint64_t>> sums_;
  std::vector<std::vector<Number>> factors_;
};

}  // namespace

template <typename Number>
const PoseidonLimbs<Number>& poseidon_limbs(unsigned arity) {
  static std::mutex mutex;
  static std::map<unsigned, Constants<Number>> known;
  const std::lock_guard lock(mutex);
  return known.try_emplace(arity, arity).first->second.limbs();
}

template const PoseidonLimbs<double>& poseidon_limbs<double>(unsigned arity);
template const PoseidonLimbs<std::uint64_t>& poseidon_limbs<std::uint64_t>(unsigned arity);

}  // namespace seal::lanes
