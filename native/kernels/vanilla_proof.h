// docs/spec/sealing.md section 13: the vanilla proof of one challenge, and its verification.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/graph.h"
#include "kernels/merkle_proof.h"
#include "kernels/shape.h"

namespace seal {

/// The labels of one node on all layers, and their path in tree C.
struct ColumnProof {
  std::uint32_t node;
  std::vector<Node> rows;
  MerkleProof inclusion;
  bool operator==(const ColumnProof&) const = default;
};

/// The 37 parent labels of a node's label, in preimage order. An encoding proof has the same content.
struct LabelingProof {
  std::vector<Node> parents;
  std::uint32_t layer;
  std::uint64_t node;
  bool operator==(const LabelingProof&) const = default;
};

struct VanillaProof {
  MerkleProof comm_d;
  MerkleProof comm_r_last;
  ColumnProof c_x;
  std::vector<ColumnProof> drg_parents;
  std::vector<ColumnProof> exp_parents;
  std::vector<LabelingProof> labeling;
  LabelingProof encoding;
  bool operator==(const VanillaProof&) const = default;
};

/// Column hash of section 9.1.
Node column_hash(const std::vector<Node>& rows);

/// The labeling proofs of a challenge, from the opened columns: `parents[i]` is the column of parent i in
/// graph order.
std::vector<LabelingProof> labeling_from_columns(std::uint64_t challenge, unsigned layers,
                                                 const std::vector<const std::vector<Node>*>& parents);

/// The values against which a vanilla proof is verified. None of them comes from the proof.
struct VanillaStatement {
  Node replica_id;
  Node comm_d;
  Node comm_r;
};

/// Verifies section 13.2 in full: every path, every column, every label from its parents, every parent label
/// against the opened columns, the encoding, and CommR. Throws `mismatch` or `not_canonical` on the first
/// wrong value.
void verify_vanilla_proof(const Shape& shape, const Graph& graph, const VanillaStatement& statement,
                          std::uint64_t challenge, const VanillaProof& proof);

}  // namespace seal
