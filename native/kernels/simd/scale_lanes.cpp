#include "kernels/simd/scale_lanes.h"

namespace seal::lanes {

void factor_limbs(const Fr& factor, std::uint64_t (&limbs)[limb_count][limb_count]) {
  const Fr limb_base = Fr::from_u64(std::uint64_t{1} << limb_bits);
  Fr shifted = factor * limb_base * limb_base;
  for (unsigned i = 0; i < limb_count; ++i) {
    const Node node = shifted.to_node();
    std::uint64_t words[word_count];
    for (unsigned k = 0; k < word_count; ++k) words[k] = load_le64(&node[8 * k]);
    for (unsigned j = 0; j < limb_count; ++j) limbs[j][i] = limb52(words, j);
    shifted *= limb_base;
  }
}

}  // namespace seal::lanes
