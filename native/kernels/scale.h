// Products of nodes with one factor: what an update (docs/spec/sealing.md section 14.3) does to every node of
// a run that shares its rho.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/bytes.h"
#include "kernels/field.h"

namespace seal {

/// products[i] = nodes[i] * factor mod p. The ranges may be the same. Returns the first index at which an
/// input is not canonical, if any; what is written from there on means nothing.
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
