#include "kernels/vanilla_proof.h"

#include <string>

#include "kernels/encode.h"
#include "kernels/failure.h"
#include "kernels/label.h"
#include "kernels/poseidon.h"

namespace seal {

namespace {

void check(bool holds, const std::string& problem) {
  if (!holds) throw Failure(FailureCode::mismatch, problem);
}

/// A column that a proof opens.
struct ColumnClaim {
  const ColumnProof& column;
  std::uint64_t node;
  std::string what;
};

void verify_columns(const Shape& shape, const Node& comm_c, const std::vector<ColumnClaim>& claims) {
  std::vector<Node> rows;
  for (const auto& [column, node, what] : claims) {
    check(column.node == node, what + " opens another node");
    check(column.rows.size() == shape.layers, what + " does not have a row for each layer");
    check(column.inclusion.root == comm_c, what + " lies in another tree");
    rows.insert(rows.end(), column.rows.begin(), column.rows.end());
  }
  std::vector<Node> hashes(claims.size());
  poseidon_hash_row(shape.layers, rows.data(), hashes.data(), hashes.size());
  for (std::size_t i = 0; i < claims.size(); ++i) {
    check(hashes[i] == claims[i].column.inclusion.leaf, claims[i].what + " does not hash to its leaf");
  }
}

}  // namespace

Node column_hash(const std::vector<Node>& rows) {
  return poseidon_hash(rows);
}

std::vector<LabelingProof> labeling_from_columns(std::uint64_t challenge, unsigned layers,
                                                 const std::vector<const std::vector<Node>*>& parents) {
  std::vector<LabelingProof> proofs;
  for (unsigned layer = 1; layer <= layers; ++layer) {
    LabelingProof proof{{}, layer, challenge};
    for (unsigned position = 0; position < label_parents; ++position) {
      const unsigned index = label_parent_index(layer, position);
      const unsigned row = index < base_degree ? layer - 1 : layer - 2;  // rows count from 0, layers from 1
      proof.parents.push_back((*parents[index])[row]);
    }
    proofs.push_back(std::move(proof));
  }
  return proofs;
}

void verify_vanilla_proof(const Shape& shape, const Graph& graph, const VanillaStatement& statement,
                          std::uint64_t challenge, const VanillaProof& proof) {
  const std::string at = "challenge " + std::to_string(challenge) + ": ";
  check(challenge > 0 && challenge < shape.nodes, at + "it is no node that can be challenged");

  check(proof.comm_d.root == statement.comm_d, at + "the data path leads to another CommD");
  const PathClaim data_path{proof.comm_d, challenge, at + "data path"};
  verify_merkle_proofs({&data_path, 1}, tree_d_path_shape(shape));

  const Node commitments[2] = {proof.c_x.inclusion.root, proof.comm_r_last.root};
  check(poseidon_hash(commitments) == statement.comm_r, at + "the roots of trees C and R do not make CommR");

  check(proof.drg_parents.size() == base_degree && proof.exp_parents.size() == expander_degree,
        at + "it does not open fourteen parents");
  std::uint32_t parents[graph_degree];
  graph.parents(static_cast<std::uint32_t>(challenge), parents);
  const Node& comm_c = proof.c_x.inclusion.root;
  std::vector<ColumnClaim> columns = {{proof.c_x, challenge, at + "the column of the challenge"}};
  std::vector<const std::vector<Node>*> parent_rows;
  for (unsigned i = 0; i < graph_degree; ++i) {
    const ColumnProof& parent = i < base_degree ? proof.drg_parents[i] : proof.exp_parents[i - base_degree];
    columns.push_back({parent, parents[i], at + "the column of parent " + std::to_string(i)});
    parent_rows.push_back(&parent.rows);
  }
  verify_columns(shape, comm_c, columns);
  std::vector<PathClaim> paths = {{proof.comm_r_last, challenge, at + "replica path"}};
  for (const auto& [column, node, what] : columns) paths.push_back({column.inclusion, node, what});
  verify_merkle_proofs(paths, column_path_shape(shape));

  const std::vector<LabelingProof> expected = labeling_from_columns(challenge, shape.layers, parent_rows);
  check(proof.labeling == expected, at + "the labels are not computed from the opened parents");
  check(proof.encoding == expected.back(), at + "the encoding key is not computed from the opened parents");
  Node label{};
  for (const LabelingProof& labeling : expected) {
    label = label_from_parents(statement.replica_id, labeling.layer, challenge, labeling.parents.data());
    check(label == proof.c_x.rows[labeling.layer - 1],
          at + "the label of layer " + std::to_string(labeling.layer) + " is wrong");
  }

  Node replica;
  check(!add_nodes(&label, &proof.comm_d.leaf, &replica, 1), at + "the data node is not a field element");
  check(replica == proof.comm_r_last.leaf, at + "the replica node is not label plus data");
}

}  // namespace seal
