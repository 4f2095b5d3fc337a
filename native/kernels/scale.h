// Products of nodes with one factor. An update (docs/spec/sealing.md section 14.3) multiplies every node of a
// run by the run's rho.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/bytes.h"
#include "kernels/field.h"

namespace seal {

/// products[i] = nodes[i] * factor mod p. The ranges may be the same. Returns the first index at which an
/// input is not canonical, if any; the outputs from there on are undefined.
std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count);

namespace plain {
std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count);
}

namespace avx2 {
std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count);
}

namespace avx512_ifma {
std::optional<std::size_t> scale_nodes(const Node* nodes, const Fr& factor, Node* products,
                                       std::size_t count);
}

}  // namespace seal
