#include "kernels/commit1.h"

#include "kernels/bincode.h"
#include "kernels/cache_files.h"
#include "kernels/failure.h"
#include "kernels/field.h"
#include "kernels/synthetic.h"

namespace seal {

namespace {

// Minimum encoded sizes, with which counts that would exhaust the memory are rejected.
constexpr std::size_t least_labeling_bytes = 8 + 4 + 8;
constexpr std::size_t least_column_bytes = 4 + 8 + 4 + 8 + 2 * node_bytes;
constexpr std::size_t least_proof_bytes = 3 * least_column_bytes;
constexpr std::size_t least_partition_bytes = 8;

void write_labeling(BincodeWriter& writer, const LabelingProof& proof) {
  writer.nodes(proof.parents);
  writer.u32(proof.layer);
  writer.u64(proof.node);
}

LabelingProof read_labeling(BincodeReader& reader) {
  LabelingProof proof;
  proof.parents = reader.nodes();
  proof.layer = reader.u32();
  proof.node = reader.u64();
  return proof;
}

void write_column(BincodeWriter& writer, const ColumnProof& proof) {
  writer.u32(proof.node);
  writer.nodes(proof.rows);
  writer.merkle_proof(proof.inclusion);
}

ColumnProof read_column(BincodeReader& reader) {
  ColumnProof proof;
  proof.node = reader.u32();
  proof.rows = reader.nodes();
  proof.inclusion = reader.merkle_proof();
  return proof;
}

void write_columns(BincodeWriter& writer, const std::vector<ColumnProof>& columns) {
  writer.u64(columns.size());
  for (const ColumnProof& column : columns) write_column(writer, column);
}

std::vector<ColumnProof> read_columns(BincodeReader& reader) {
  std::vector<ColumnProof> columns(reader.count(least_column_bytes));
  for (ColumnProof& column : columns) column = read_column(reader);
  return columns;
}

void write_vanilla_proof(BincodeWriter& writer, const VanillaProof& proof) {
  writer.merkle_proof(proof.comm_d);
  writer.merkle_proof(proof.comm_r_last);
  write_column(writer, proof.c_x);
  write_columns(writer, proof.drg_parents);
  write_columns(writer, proof.exp_parents);
  writer.u64(proof.labeling.size());
  for (const LabelingProof& labeling : proof.labeling) write_labeling(writer, labeling);
  write_labeling(writer, proof.encoding);
}

VanillaProof read_vanilla_proof(BincodeReader& reader) {
  VanillaProof proof;
  proof.comm_d = reader.merkle_proof();
  proof.comm_r_last = reader.merkle_proof();
  proof.c_x = read_column(reader);
  proof.drg_parents = read_columns(reader);
  proof.exp_parents = read_columns(reader);
  proof.labeling.resize(reader.count(least_labeling_bytes));
  for (LabelingProof& labeling : proof.labeling) labeling = read_labeling(reader);
  proof.encoding = read_labeling(reader);
  return proof;
}

/// Makes one proof for each challenge of each partition on all threads.
template <typename Prove>
std::vector<std::vector<VanillaProof>> prove_partitions(const ChallengeCounts& counts, const Threads& threads,
                                                        Control& control, Prove prove) {
  std::vector<std::vector<VanillaProof>> partitions(counts.partitions,
                                                    std::vector<VanillaProof>(counts.per_partition));
  control.begin("vanilla", counts.total());
  for_each_item(threads, counts.total(), [&](std::uint64_t item, unsigned) {
    const std::uint64_t partition = item / counts.per_partition;
    const std::uint64_t index = item % counts.per_partition;
    partitions[partition][index] = prove(static_cast<unsigned>(partition), index);
    control.advance(1);
  });
  return partitions;
}

void check(bool holds, const char* problem) {
  if (!holds) throw Failure(FailureCode::mismatch, problem);
}

}  // namespace

std::vector<std::uint8_t> encode_commit1(const Commit1Output& output) {
  BincodeWriter writer;
  writer.u64(output.partitions.size());
  for (const auto& partition : output.partitions) {
    writer.u64(partition.size());
    for (const VanillaProof& proof : partition) write_vanilla_proof(writer, proof);
  }
  for (const Node* node :
       {&output.comm_r, &output.comm_d, &output.replica_id, &output.seed, &output.ticket}) {
    writer.node(*node);
  }
  return writer.take();
}

Commit1Output decode_commit1(std::span<const std::uint8_t> bytes) {
  BincodeReader reader(bytes, "C1 output");
  Commit1Output output;
  output.partitions.resize(reader.count(least_partition_bytes));
  for (auto& partition : output.partitions) {
    partition.resize(reader.count(least_proof_bytes));
    for (VanillaProof& proof : partition) proof = read_vanilla_proof(reader);
  }
  for (Node* node : {&output.comm_r, &output.comm_d, &output.replica_id, &output.seed, &output.ticket}) {
    *node = reader.node();
  }
  reader.end();
  return output;
}

Node replica_id_of(const RegisteredProof& proof, const SealStatement& statement) {
  return replica_id_of(prover_id_of(statement.actor_id), statement.sector_number, statement.ticket,
                       statement.comm_d, proof.porep_id);
}

Commit1Output commit1(const RegisteredProof& proof, const SealStatement& statement,
                      const std::string& cache_dir, const std::string& replica_path, const Threads& threads,
                      Control& control) {
  const Shape& shape = *proof.shape;
  const ChallengeCounts counts = challenge_counts(shape, proof.feature);
  Commit1Output output{{},
                       statement.comm_r,
                       statement.comm_d,
                       replica_id_of(proof, statement),
                       statement.seed,
                       statement.ticket};
  const auto challenges = porep_challenges(proof, {output.replica_id, statement.comm_r, statement.seed});

  const bool from_file =
      proof.feature == PorepFeature::synthetic && file_exists(synthetic_proofs_file(cache_dir));
  if (from_file) {
    const SyntheticProofs synthetic(shape, synthetic_proofs_file(cache_dir));
    const std::uint64_t count = SyntheticChallenges::count(shape.nodes);
    output.partitions = prove_partitions(counts, threads, control, [&](unsigned partition, std::uint64_t i) {
      const auto selected = SyntheticChallenges::selected(count, output.replica_id, statement.seed, partition,
                                                          counts.per_partition);
      return synthetic.read(selected[i], challenges[partition][i]);
    });
  } else {
    const SealedSector sector(proof, cache_dir, replica_path);
    output.partitions = prove_partitions(counts, threads, control, [&](unsigned partition, std::uint64_t i) {
      return sector.prove(challenges[partition][i]);
    });
  }
  verify_commit1(proof, statement, output, threads, control);
  return output;
}

void verify_commit1(const RegisteredProof& proof, const SealStatement& statement, const Commit1Output& output,
                    const Threads& threads, Control& control) {
  const Node replica_id = replica_id_of(proof, statement);
  check(output.comm_r == statement.comm_r, "the C1 output is of another CommR");
  check(output.comm_d == statement.comm_d, "the C1 output is of another CommD");
  check(output.replica_id == replica_id, "the C1 output is of another replica id");
  check(output.seed == statement.seed, "the C1 output is of another seed");
  check(output.ticket == statement.ticket, "the C1 output is of another ticket");

  const ChallengeCounts counts = challenge_counts(*proof.shape, proof.feature);
  check(output.partitions.size() == counts.partitions, "the C1 output has the wrong number of partitions");
  for (const auto& partition : output.partitions) {
    check(partition.size() == counts.per_partition, "a partition has the wrong number of challenges");
  }
  const auto challenges = porep_challenges(proof, {replica_id, statement.comm_r, statement.seed});
  const Graph graph(proof);
  control.begin("verify", counts.total());
  for_each_item(threads, counts.total(), [&](std::uint64_t item, unsigned) {
    const std::uint64_t partition = item / counts.per_partition;
    const std::uint64_t index = item % counts.per_partition;
    verify_vanilla_proof(*proof.shape, graph, {replica_id, statement.comm_d, statement.comm_r},
                         challenges[partition][index], output.partitions[partition][index]);
    control.advance(1);
  });
}

std::vector<Node> porep_public_inputs(const Graph& graph, const VanillaStatement& statement,
                                      std::span<const std::uint64_t> challenges) {
  std::vector<Node> inputs = {statement.replica_id, statement.comm_d, statement.comm_r};
  const auto push = [&](std::uint64_t value) { inputs.push_back(Fr::from_u64(value).to_node()); };
  for (const std::uint64_t challenge : challenges) {
    std::uint32_t parents[graph_degree];
    graph.parents(static_cast<std::uint32_t>(challenge), parents);
    push(challenge);
    for (const std::uint32_t parent : parents) push(parent);
    for (int i = 0; i < 3; ++i) push(challenge);
  }
  return inputs;
}

}  // namespace seal
