#include "kernels/scale.h"

#include "kernels/cpu.h"

namespace seal {

std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count) {
  if (cpu_features().avx512_ifma) return avx512_ifma::scale_nodes(nodes, factor, products, count);
  if (cpu_features().avx2) return avx2::scale_nodes(nodes, factor, products, count);
  return plain::scale_nodes(nodes, factor, products, count);
}

namespace plain {

std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_canonical(nodes[i])) return i;
    products[i] = factor.times(nodes[i]);
  }
  return std::nullopt;
}

}  // namespace plain

}  // namespace seal
