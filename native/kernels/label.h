// docs/spec/sealing.md section 6: labels.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "kernels/bytes.h"
#include "kernels/graph.h"

namespace seal {

constexpr unsigned label_parents = 37;

/// One sector in the labeling of a layer: the previous and the current layer. Both point to node 0 of their
/// layer.
struct LabelLayer {
  Node replica_id;
  const Node* previous;  ///< labels of the previous layer; unused on layer 1
  Node* current;
};

/// Maps each of the 37 positions of a label's preimage to an index into the node's parent row.
unsigned label_parent_index(unsigned layer, unsigned position);

/// The label of one node from its 37 parent labels in preimage order. Node 0 does not use them.
Node label_from_parents(const Node& replica_id, unsigned layer, std::uint64_t node,
                        const Node parents[label_parents]);

/// The label of one node, with parent labels from the layers; `parents` is the node's row of fourteen.
Node label_of_node(const LabelLayer& sector, unsigned layer, std::uint32_t node,
                   const std::uint32_t parents[graph_degree]);

/// Labels the nodes [first, first + count) of layer `layer` (from 1) of several sectors of one graph side by
/// side. All nodes before `first` must be labeled. `rows` is the parent row of node 0; rows up to `row_end`
/// may be prefetched.
void label_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                 std::uint64_t count, const std::uint32_t* rows, std::uint64_t row_end);

/// Throws `invalid_argument`: one to four sectors can be sealed side by side.
[[noreturn]] void fail_side_by_side();

/// Parent labels of one node of one sector, gathered ahead of time.
struct GatheredParents {
  Node labels[graph_degree];
  std::uint32_t missing;  ///< bit i: base parent i was not labeled yet; read it from the layer
};

/// Like `label_nodes`, with gathered parents: for each node one entry for each sector. Stores the number of
/// each hashed node plus one to `hashed`, which shows the gathering threads the progress.
void label_gathered_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                          std::uint64_t count, GatheredParents* gathered, const std::uint32_t* rows,
                          std::atomic<std::uint64_t>& hashed);

namespace plain {
void label_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                 std::uint64_t count, const std::uint32_t* rows, std::uint64_t row_end);
void label_gathered_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                          std::uint64_t count, GatheredParents* gathered, const std::uint32_t* rows,
                          std::atomic<std::uint64_t>& hashed);
}  // namespace plain

namespace sha_ni {
void label_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                 std::uint64_t count, const std::uint32_t* rows, std::uint64_t row_end);
void label_gathered_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                          std::uint64_t count, GatheredParents* gathered, const std::uint32_t* rows,
                          std::atomic<std::uint64_t>& hashed);
}  // namespace sha_ni

}  // namespace seal
