// docs/spec/sealing.md sections 14.1 to 14.4: the randomness, the parameters and the per-node formulas of
// sector updates (SnapDeals).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/field.h"

namespace seal {

/// Section 14.1.
struct UpdateParameters {
  unsigned partitions;
  unsigned challenges_per_partition;
  unsigned apex_leaves;  ///< of one partition
  unsigned h;            ///< default number of high bits of a node number that select rho
  unsigned h_select;     ///< one-hot position of h in the list of six
};

/// Parameters of a sector of this many nodes, a power of two from 2^5 on.
UpdateParameters update_parameters(std::uint64_t nodes);

/// Section 14.2.
Node update_phi(const Node& comm_d_new, const Node& comm_r_old);

/// rho(high) for all 2^h values of the high bits, and their inverses.
class UpdateRho {
 public:
  UpdateRho(const Node& phi, std::uint64_t nodes, unsigned h);

  const Fr& of(std::uint64_t node) const { return rho_[node >> shift_]; }
  const Fr& inverse_of(std::uint64_t node) const { return inverse_[node >> shift_]; }
  /// Number of nodes from `node` on, inclusive, that share its rho.
  std::uint64_t same_from(std::uint64_t node) const { return (((node >> shift_) + 1) << shift_) - node; }

 private:
  unsigned shift_;
  std::vector<Fr> rho_;
  std::vector<Fr> inverse_;
};

/// The formulas of section 14.3, for nodes of one rho. Each returns the first index at which an input is not
/// canonical, if any; the outputs from there on are undefined. Output and input ranges may be the same.
std::optional<std::size_t> update_encode_nodes(const Node* key, const Node* data, const Fr& rho,
                                               Node* replica, std::size_t count);
std::optional<std::size_t> update_decode_nodes(const Node* replica, const Node* key, const Fr& rho_inverse,
                                               Node* data, std::size_t count);
std::optional<std::size_t> update_remove_nodes(const Node* replica, const Node* data, const Fr& rho,
                                               Node* key, std::size_t count);

/// Section 14.4, for one partition.
std::vector<std::uint64_t> update_challenges(std::uint64_t nodes, const Node& comm_r_new, unsigned partition,
                                             const UpdateParameters& parameters);

/// Section 14.6: Groth16 public inputs of one partition.
std::vector<Node> update_public_inputs(unsigned partition, const UpdateParameters& parameters,
                                       const Node& comm_r_old, const Node& comm_d_new,
                                       const Node& comm_r_new);

}  // namespace seal
