#include "kernels/label.h"

#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/sha256.h"

namespace seal {

unsigned label_parent_index(unsigned layer, unsigned position) {
  return position % (layer == 1 ? base_degree : graph_degree);
}

Node label_from_parents(const Node& replica_id, unsigned layer, std::uint64_t node,
                        const Node parents[label_parents]) {
  std::uint8_t preamble[64] = {};
  std::memcpy(preamble, replica_id.data(), node_bytes);
  store_be32(preamble + 32, layer);
  store_be64(preamble + 36, node);
  Sha256 hash;
  hash.update(preamble, sizeof preamble);
  if (node > 0) hash.update(parents, label_parents * node_bytes);
  Node label = hash.digest();
  trunc254(label.data());
  return label;
}

Node label_of_node(const LabelLayer& sector, unsigned layer, std::uint32_t node,
                   const std::uint32_t parents[graph_degree]) {
  Node labels[label_parents];
  if (node > 0) {
    for (unsigned position = 0; position < label_parents; ++position) {
      const unsigned index = label_parent_index(layer, position);
      const Node* from = index < base_degree ? sector.current : sector.previous;
      labels[position] = from[parents[index]];
    }
  }
  return label_from_parents(sector.replica_id, layer, node, labels);
}

void label_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                 std::uint64_t count, const std::uint32_t* rows, std::uint64_t row_end) {
  if (cpu_features().sha_ni) return sha_ni::label_nodes(sectors, layer, first, count, rows, row_end);
  plain::label_nodes(sectors, layer, first, count, rows, row_end);
}

void label_gathered_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                          std::uint64_t count, GatheredParents* gathered, const std::uint32_t* rows,
                          std::atomic<std::uint64_t>& hashed) {
  if (cpu_features().sha_ni) {
    return sha_ni::label_gathered_nodes(sectors, layer, first, count, gathered, rows, hashed);
  }
  plain::label_gathered_nodes(sectors, layer, first, count, gathered, rows, hashed);
}

void fail_side_by_side() {
  throw Failure(FailureCode::invalid_argument, "one to four sectors can be sealed side by side");
}

namespace plain {

void label_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                 std::uint64_t count, const std::uint32_t* rows, std::uint64_t) {
  for (std::uint64_t node = first; node < first + count; ++node) {
    for (const LabelLayer& sector : sectors) {
      sector.current[node] =
          label_of_node(sector, layer, static_cast<std::uint32_t>(node), rows + node * graph_degree);
    }
  }
}

void label_gathered_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                          std::uint64_t count, GatheredParents* gathered, const std::uint32_t* rows,
                          std::atomic<std::uint64_t>& hashed) {
  for (std::uint64_t node = first; node < first + count; ++node) {
    for (const LabelLayer& sector : sectors) {
      GatheredParents& parents = *gathered++;
      for (unsigned i = 0; i < base_degree; ++i) {
        if ((parents.missing >> i) & 1) parents.labels[i] = sector.current[rows[node * graph_degree + i]];
      }
      Node labels[label_parents];
      for (unsigned p = 0; p < label_parents; ++p) labels[p] = parents.labels[label_parent_index(layer, p)];
      sector.current[node] = label_from_parents(sector.replica_id, layer, node, labels);
    }
    hashed.store(node + 1, std::memory_order_release);
  }
}

}  // namespace plain

}  // namespace seal
