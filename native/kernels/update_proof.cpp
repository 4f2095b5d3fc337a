#include "kernels/update_proof.h"

#include <bit>

#include "kernels/base_trees.h"
#include "kernels/bincode.h"
#include "kernels/cache_files.h"
#include "kernels/encode.h"
#include "kernels/failure.h"
#include "kernels/poseidon.h"
#include "kernels/sha256.h"
#include "kernels/tree_d.h"

namespace seal {

namespace {

constexpr std::size_t least_merkle_proof_bytes = 4 + 2 * node_bytes + 8;

void check(bool holds, const std::string& problem) {
  if (!holds) throw Failure(FailureCode::mismatch, problem);
}

Node hash_pair(const Node& comm_c, const Node& comm_r_last) {
  const Node commitments[2] = {comm_c, comm_r_last};
  return poseidon_hash(commitments);
}

unsigned log2_of(std::uint64_t power) {
  return static_cast<unsigned>(std::countr_zero(power));
}

/// The row of tree D that the apex leaves of all partitions form.
unsigned apex_row(const Shape& shape, const UpdateParameters& parameters) {
  return log2_of(shape.nodes) - log2_of(parameters.partitions) - log2_of(parameters.apex_leaves);
}

/// The rows of the tree over a partition's apex leaves, the leaves first.
std::vector<std::vector<Node>> apex_rows(const std::vector<Node>& leaves) {
  std::vector<std::vector<Node>> rows = {leaves};
  while (rows.back().size() > 1) {
    std::vector<Node> next(rows.back().size() / 2);
    sha254_row(rows.back().data(), next.data(), next.size());
    rows.push_back(std::move(next));
  }
  return rows;
}

/// Throws unless the path to CommD contains the partition's apex leaf and its ancestors.
void verify_apex(const MerkleProof& data, const std::vector<std::vector<Node>>& rows, unsigned first_row,
                 std::uint64_t challenge, const std::string& at) {
  Node node = data.leaf;
  for (unsigned level = 0; level < first_row; ++level) {
    const PathElement& element = data.base[level];
    node = element.index == 0 ? sha254(node, element.siblings[0]) : sha254(element.siblings[0], node);
  }
  std::uint64_t position = (challenge >> first_row) % rows[0].size();
  check(node == rows[0][position], at + "the data path does not run through the apex leaf");
  for (unsigned level = 0; level + 1 < rows.size(); ++level, position /= 2) {
    check(data.base[first_row + level].siblings[0] == rows[level][position ^ 1],
          at + "the data path leaves the tree over the apex leaves");
  }
}

void verify_challenge(const Shape& shape, const UpdateStatement& statement, const UpdateRho& rho,
                      const Node& comm_c, std::uint64_t challenge, const UpdateChallengeProof& proof,
                      const std::string& at) {
  check(hash_pair(comm_c, proof.replica_old.root) == statement.comm_r_old,
        at + "the roots of tree C and the old tree R do not make the old CommR");
  check(hash_pair(comm_c, proof.replica_new.root) == statement.comm_r_new,
        at + "the roots of tree C and the new tree R do not make the new CommR");
  check(proof.data_new.root == statement.comm_d_new, at + "the data path leads to another CommD");
  const PathClaim replica_paths[] = {{proof.replica_old, challenge, at + "old replica path"},
                                     {proof.replica_new, challenge, at + "new replica path"}};
  verify_merkle_proofs(replica_paths, column_path_shape(shape));
  const PathClaim data_path{proof.data_new, challenge, at + "data path"};
  verify_merkle_proofs({&data_path, 1}, tree_d_path_shape(shape));

  Node encoded;
  const auto bad =
      update_encode_nodes(&proof.replica_old.leaf, &proof.data_new.leaf, rho.of(challenge), &encoded, 1);
  check(!bad && encoded == proof.replica_new.leaf,
        at + "the new node is not the old one plus data times rho");
}

/// A challenge's partition, and its position in that partition.
struct Item {
  unsigned partition;
  std::uint64_t index;
};
Item item_at(std::uint64_t number, const UpdateParameters& parameters) {
  return {static_cast<unsigned>(number / parameters.challenges_per_partition),
          number % parameters.challenges_per_partition};
}

}  // namespace

std::vector<std::uint8_t> encode_update_partition(const UpdatePartitionProof& proof) {
  BincodeWriter writer;
  writer.node(proof.comm_c);
  writer.nodes(proof.apex_leaves);
  writer.u64(proof.challenges.size());
  for (const UpdateChallengeProof& challenge : proof.challenges) {
    writer.merkle_proof(challenge.replica_old);
    writer.merkle_proof(challenge.data_new);
    writer.merkle_proof(challenge.replica_new);
  }
  return writer.take();
}

UpdatePartitionProof decode_update_partition(std::span<const std::uint8_t> bytes) {
  BincodeReader reader(bytes, "update proof");
  UpdatePartitionProof proof;
  proof.comm_c = reader.node();
  proof.apex_leaves = reader.nodes();
  proof.challenges.resize(reader.count(3 * least_merkle_proof_bytes));
  for (UpdateChallengeProof& challenge : proof.challenges) {
    challenge.replica_old = reader.merkle_proof();
    challenge.data_new = reader.merkle_proof();
    challenge.replica_new = reader.merkle_proof();
  }
  reader.end();
  return proof;
}

std::vector<UpdatePartitionProof> prove_update(const Shape& shape, const UpdateStatement& statement,
                                               const UpdatedSectorFiles& files, const Threads& threads,
                                               Control& control) {
  const UpdateParameters parameters = update_parameters(shape.nodes);
  const PersistentAux key_aux = read_p_aux(p_aux_file(files.key_cache_dir));
  const BaseTrees replica_old = BaseTrees::open_tree_r(shape, files.key_cache_dir, files.key_path);
  const BaseTrees replica_new = BaseTrees::open_tree_r(shape, files.update_cache_dir, files.replica_path);
  const TreeD data_new(shape, tree_d_file(files.update_cache_dir));

  std::vector<UpdatePartitionProof> proofs;
  std::vector<std::vector<std::uint64_t>> challenges;
  for (unsigned k = 0; k < parameters.partitions; ++k) {
    const std::uint64_t first = std::uint64_t{k} * parameters.apex_leaves;
    proofs.push_back({key_aux.comm_c,
                      data_new.row_range(apex_row(shape, parameters), first, parameters.apex_leaves),
                      std::vector<UpdateChallengeProof>(parameters.challenges_per_partition)});
    challenges.push_back(update_challenges(shape.nodes, statement.comm_r_new, k, parameters));
  }
  const std::uint64_t total = std::uint64_t{parameters.partitions} * parameters.challenges_per_partition;
  control.begin("vanilla", total);
  for_each_item(threads, total, [&](std::uint64_t number, unsigned) {
    const auto [partition, index] = item_at(number, parameters);
    const std::uint64_t challenge = challenges[partition][index];
    proofs[partition].challenges[index] = {replica_old.prove(challenge), data_new.prove(challenge),
                                           replica_new.prove(challenge)};
    control.advance(1);
  });
  verify_update(shape, statement, proofs, threads, control);
  return proofs;
}

void verify_update(const Shape& shape, const UpdateStatement& statement,
                   std::span<const UpdatePartitionProof> proofs, const Threads& threads, Control& control) {
  const UpdateParameters parameters = update_parameters(shape.nodes);
  check(proofs.size() == parameters.partitions, "the update does not have a proof for each partition");
  const UpdateRho rho(update_phi(statement.comm_d_new, statement.comm_r_old), shape.nodes, parameters.h);
  std::vector<std::vector<std::vector<Node>>> apex;
  std::vector<std::vector<std::uint64_t>> challenges;
  for (unsigned k = 0; k < parameters.partitions; ++k) {
    const std::string at = "partition " + std::to_string(k) + ": ";
    check(proofs[k].apex_leaves.size() == parameters.apex_leaves, at + "the wrong number of apex leaves");
    check(proofs[k].challenges.size() == parameters.challenges_per_partition,
          at + "the wrong number of challenges");
    apex.push_back(apex_rows(proofs[k].apex_leaves));
    challenges.push_back(update_challenges(shape.nodes, statement.comm_r_new, k, parameters));
  }
  const std::uint64_t total = std::uint64_t{parameters.partitions} * parameters.challenges_per_partition;
  control.begin("verify", total);
  for_each_item(threads, total, [&](std::uint64_t number, unsigned) {
    const auto [partition, index] = item_at(number, parameters);
    const UpdatePartitionProof& proof = proofs[partition];
    const std::uint64_t challenge = challenges[partition][index];
    const std::string at =
        "partition " + std::to_string(partition) + ", challenge " + std::to_string(challenge) + ": ";
    verify_challenge(shape, statement, rho, proof.comm_c, challenge, proof.challenges[index], at);
    verify_apex(proof.challenges[index].data_new, apex[partition], apex_row(shape, parameters), challenge,
                at);
    control.advance(1);
  });
}

}  // namespace seal
