#include "kernels/update.h"

#include <bit>

#include "kernels/encode.h"
#include "kernels/failure.h"
#include "kernels/poseidon.h"
#include "kernels/scale.h"

namespace seal {

namespace {

unsigned log2_of(std::uint64_t power) {
  return static_cast<unsigned>(std::countr_zero(power));
}

Fr custom_hash(const Fr& first, const Fr& second) {
  const Fr inputs[2] = {first, second};
  return poseidon(inputs, update_randomness_tag());
}

constexpr std::size_t group_nodes = 256;  // small enough for the first-level cache

/// Calls `step(at, count)` for each group, and converts the index that it returns to one over all nodes.
template <typename Step>
std::optional<std::size_t> in_groups(std::size_t count, Step step) {
  for (std::size_t at = 0; at < count; at += group_nodes) {
    const std::size_t size = count - at < group_nodes ? count - at : group_nodes;
    if (const auto bad = step(at, size)) return at + *bad;
  }
  return std::nullopt;
}

}  // namespace

UpdateParameters update_parameters(std::uint64_t nodes) {
  require(std::has_single_bit(nodes) && nodes >= 32, "a sector has a power of two of nodes, at least 32");
  if (nodes <= 1u << 8) return {1, 10, 8, 1, 1};
  if (nodes <= 1u << 10) return {2, 10, 128, 1, 1};
  if (nodes <= 1u << 19) return {4, 10, 128, 10, 8};
  return {16, 86, 128, 10, 8};
}

Node update_phi(const Node& comm_d_new, const Node& comm_r_old) {
  return custom_hash(Fr::from_node(comm_d_new), Fr::from_node(comm_r_old)).to_node();
}

UpdateRho::UpdateRho(const Node& phi, std::uint64_t nodes, unsigned h) : shift_(log2_of(nodes) - h) {
  const Fr seed = Fr::from_node(phi);
  for (std::uint64_t high = 0; high < std::uint64_t{1} << h; ++high) {
    rho_.push_back(custom_hash(seed, Fr::from_u64(high)));
    inverse_.push_back(rho_.back().inverse());
  }
}

std::optional<std::size_t> update_encode_nodes(const Node* key, const Node* data, const Fr& rho,
                                               Node* replica, std::size_t count) {
  return in_groups(count, [&](std::size_t at, std::size_t size) -> std::optional<std::size_t> {
    Node products[group_nodes];
    if (const auto bad = scale_nodes(data + at, rho, products, size)) return bad;
    return add_nodes(key + at, products, replica + at, size);
  });
}

std::optional<std::size_t> update_decode_nodes(const Node* replica, const Node* key, const Fr& rho_inverse,
                                               Node* data, std::size_t count) {
  return in_groups(count, [&](std::size_t at, std::size_t size) -> std::optional<std::size_t> {
    Node differences[group_nodes];
    if (const auto bad = subtract_nodes(replica + at, key + at, differences, size)) return bad;
    return scale_nodes(differences, rho_inverse, data + at, size);
  });
}

std::optional<std::size_t> update_remove_nodes(const Node* replica, const Node* data, const Fr& rho,
                                               Node* key, std::size_t count) {
  return in_groups(count, [&](std::size_t at, std::size_t size) -> std::optional<std::size_t> {
    Node products[group_nodes];
    if (const auto bad = scale_nodes(data + at, rho, products, size)) return bad;
    return subtract_nodes(replica + at, products, key + at, size);
  });
}

std::vector<std::uint64_t> update_challenges(std::uint64_t nodes, const Node& comm_r_new, unsigned partition,
                                             const UpdateParameters& parameters) {
  const unsigned partition_bits = log2_of(parameters.partitions);
  const unsigned bits = log2_of(nodes) - partition_bits;
  const unsigned per_digest = 254 / bits;
  const unsigned digests = (parameters.challenges_per_partition + per_digest - 1) / per_digest;
  const Fr seed = Fr::from_node(comm_r_new);

  std::vector<std::uint64_t> challenges;
  Node digest{};
  for (unsigned i = 0; i < parameters.challenges_per_partition; ++i) {
    const unsigned within = i % per_digest;
    if (within == 0) {
      digest = custom_hash(seed, Fr::from_u64(partition * digests + i / per_digest)).to_node();
    }
    std::uint64_t challenge = static_cast<std::uint64_t>(partition) << bits;
    for (unsigned bit = 0; bit < bits; ++bit) {
      const unsigned from = within * bits + bit;
      challenge |= static_cast<std::uint64_t>((digest[from / 8] >> (from % 8)) & 1) << bit;
    }
    challenges.push_back(challenge);
  }
  return challenges;
}

std::vector<Node> update_public_inputs(unsigned partition, const UpdateParameters& parameters,
                                       const Node& comm_r_old, const Node& comm_d_new,
                                       const Node& comm_r_new) {
  const std::uint64_t first =
      partition | (static_cast<std::uint64_t>(parameters.h_select) << log2_of(parameters.partitions));
  return {Fr::from_u64(first).to_node(), comm_r_old, comm_d_new, comm_r_new};
}

}  // namespace seal
