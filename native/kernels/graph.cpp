#include "kernels/graph.h"

#include <algorithm>
#include <bit>

#include "kernels/blake2b.h"
#include "kernels/chacha.h"
#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/sha256.h"

namespace seal {

namespace {

Node seeded(const char* domain, const Node& porep_id) {
  return Sha256().update(domain, std::strlen(domain)).update(porep_id.data(), porep_id.size()).digest();
}

}  // namespace

Graph::Graph(std::uint64_t nodes, const Node& porep_id, ApiVersion api_version)
    : nodes_(nodes), api_version_(api_version) {
  require(std::has_single_bit(nodes) && nodes >= (1u << 6) && nodes <= (std::uint64_t{1} << 31),
          "a graph has a power of two of nodes, 2^6 to 2^31");
  std::memcpy(drg_seed_, seeded("Filecoin_DRSample", porep_id).data(), sizeof drg_seed_);
  const Node keys = seeded("Filecoin_Feistel", porep_id);
  for (unsigned i = 0; i < 4; ++i) feistel_keys_[i] = load_le64(&keys[8 * i]);
  half_bits_ = 1;
  while (half_bits_ < 32 && (std::uint64_t{1} << (2 * half_bits_)) < feistel_domain()) ++half_bits_;
}

std::uint64_t Graph::feistel_pass(std::uint64_t x) const {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t left = x >> half_bits_;
  std::uint64_t right = x & mask;
  for (unsigned round = 0; round < 3; ++round) {
    std::uint8_t message[16];
    store_be64(message, right);
    store_be64(message + 8, feistel_keys_[round]);
    std::uint8_t digest[64];
    blake2b(digest, sizeof digest, message, sizeof message);
    const std::uint64_t mixed = left ^ (load_be64(digest) & mask);
    left = right;
    right = mixed;
  }
  return (left << half_bits_) | right;
}

void Graph::base_parents_from(std::uint32_t node, const std::uint64_t draws[10],
                              std::uint32_t parents[base_degree]) const {
  const bool predecessor_first = api_version_ != ApiVersion::v1_0;
  std::uint32_t* sampled = predecessor_first ? parents + 1 : parents;
  const std::uint64_t meta_index = 5 * static_cast<std::uint64_t>(node);
  const auto buckets = static_cast<std::uint64_t>(std::bit_width(meta_index));
  for (unsigned i = 0; i < base_degree - 1; ++i) {
    const std::uint64_t bucket = draws[2 * i] % buckets + 1;
    const std::uint64_t high = std::min(meta_index, std::uint64_t{1} << bucket);
    const std::uint64_t low = std::max<std::uint64_t>(2, high >> 1);
    const std::uint64_t distance = low + draws[2 * i + 1] % (high - low + 1);
    const auto parent = static_cast<std::uint32_t>((meta_index - distance) / 5);
    sampled[i] = parent == node ? node - 1 : parent;
  }
  (predecessor_first ? parents[0] : parents[base_degree - 1]) = node - 1;
}

void Graph::base_parents(std::uint32_t node, std::uint32_t parents[base_degree]) const {
  if (node < 2) {
    std::fill_n(parents, base_degree, 0u);
    return;
  }
  std::uint8_t key[32];
  std::memcpy(key, drg_seed_, sizeof drg_seed_);
  store_le32(key + 28, node);
  std::uint32_t state[16];
  chacha_key(state, key);
  std::uint32_t keystream[32];
  chacha_block(state, 8, keystream);
  state[12] = 1;
  chacha_block(state, 8, keystream + 16);
  std::uint64_t draws[10];
  for (unsigned i = 0; i < 10; ++i) {
    draws[i] = keystream[2 * i] | static_cast<std::uint64_t>(keystream[2 * i + 1]) << 32;
  }
  base_parents_from(node, draws, parents);
}

void Graph::parents(std::uint32_t node, std::uint32_t parents[graph_degree]) const {
  base_parents(node, parents);
  for (unsigned i = 0; i < expander_degree; ++i) {
    std::uint64_t x = static_cast<std::uint64_t>(node) * expander_degree + i;
    do {
      x = feistel_pass(x);
    } while (x >= feistel_domain());
    // Version 1.0.0 truncated the value here, and its sectors depend on that.
    if (api_version_ == ApiVersion::v1_0) x = static_cast<std::uint32_t>(x);
    parents[base_degree + i] = static_cast<std::uint32_t>(x / expander_degree);
  }
}

void Graph::parents_of_range(std::uint32_t first, std::uint32_t count, std::uint32_t* parents) const {
  if (cpu_features().avx2) return avx2::parents_of_range(*this, first, count, parents);
  plain::parents_of_range(*this, first, count, parents);
}

std::string Graph::cache_file_name() const {
  const std::string description =
      "stacked_graph::StackedGraph{expansion_degree: 8 base_graph: drgraph::BucketGraph{size: " +
      std::to_string(nodes_) + "; degree: 6; hasher: poseidon_hasher} }";
  Sha256 hash;
  hash.update("poseidon_hasher", 15).update(description.data(), description.size());
  for (const std::uint64_t key : feistel_keys_) {
    std::uint8_t bytes[8];
    store_le64(bytes, key);
    hash.update(bytes, sizeof bytes);
  }
  std::uint8_t size[4];
  store_le32(size, static_cast<std::uint32_t>(nodes_));
  hash.update(size, sizeof size);
  return "v28-sdr-parent-" + to_hex(hash.digest()) + ".cache";
}

namespace plain {

void parents_of_range(const Graph& graph, std::uint32_t first, std::uint32_t count, std::uint32_t* parents) {
  for (std::uint32_t i = 0; i < count; ++i) graph.parents(first + i, parents + std::size_t{i} * graph_degree);
}

}  // namespace plain

}  // namespace seal
