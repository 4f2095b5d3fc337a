#include "kernels/synthetic.h"

#include <algorithm>
#include <vector>

#include "kernels/challenge.h"
#include "kernels/failure.h"
#include "kernels/new_file.h"

namespace seal {

namespace {

struct Roots {
  Node tree_d;
  Node tree_c;
  Node tree_r;
};

constexpr std::uint64_t header_bytes = sizeof(Roots);
constexpr std::uint64_t batch_records = 64;

class RecordWriter {
 public:
  explicit RecordWriter(std::uint8_t* to) : at_(to) {}

  void u64(std::uint64_t value) {
    store_le64(at_, value);
    at_ += sizeof value;
  }
  void node(const Node& node) { at_ = std::copy(node.begin(), node.end(), at_); }
  void leaf_and_siblings(const MerkleProof& proof) {
    node(proof.leaf);
    for (const auto* level : {&proof.base, &proof.sub, &proof.top}) {
      for (const PathElement& element : *level) {
        for (const Node& sibling : element.siblings) node(sibling);
      }
    }
  }
  void column(const ColumnProof& column) {
    for (const Node& row : column.rows) node(row);
    leaf_and_siblings(column.inclusion);
  }

 private:
  std::uint8_t* at_;
};

class RecordReader {
 public:
  explicit RecordReader(const std::uint8_t* from) : at_(from) {}

  std::uint64_t u64() {
    const std::uint64_t value = load_le64(at_);
    at_ += sizeof value;
    return value;
  }
  Node node() {
    Node node;
    std::copy_n(at_, node_bytes, node.begin());
    at_ += node_bytes;
    return node;
  }
  MerkleProof leaf_and_siblings(const PathShape& shape, std::uint64_t leaf_index, const Node& root) {
    MerkleProof proof = blank_merkle_proof(shape);
    proof.leaf = node();
    for (auto* level : {&proof.base, &proof.sub, &proof.top}) {
      for (PathElement& element : *level) {
        for (Node& sibling : element.siblings) sibling = node();
        element.index = leaf_index % (element.siblings.size() + 1);
        leaf_index /= element.siblings.size() + 1;
      }
    }
    proof.root = root;
    return proof;
  }
  ColumnProof column(const Shape& shape, std::uint64_t index, const Node& root) {
    ColumnProof column{static_cast<std::uint32_t>(index), {}, {}};
    for (unsigned layer = 0; layer < shape.layers; ++layer) column.rows.push_back(node());
    column.inclusion = leaf_and_siblings(column_path_shape(shape), index, root);
    return column;
  }

 private:
  const std::uint8_t* at_;
};

void write_record(const VanillaProof& proof, std::uint8_t* to) {
  RecordWriter writer(to);
  writer.u64(proof.c_x.node);
  for (const ColumnProof& parent : proof.drg_parents) writer.u64(parent.node);
  for (const ColumnProof& parent : proof.exp_parents) writer.u64(parent.node);
  writer.leaf_and_siblings(proof.comm_d);
  writer.column(proof.c_x);
  for (const ColumnProof& parent : proof.drg_parents) writer.column(parent);
  for (const ColumnProof& parent : proof.exp_parents) writer.column(parent);
  writer.leaf_and_siblings(proof.comm_r_last);
}

}  // namespace

std::uint64_t synthetic_record_bytes(const Shape& shape) {
  const std::uint64_t column_path = column_path_shape(shape).siblings();
  const std::uint64_t columns = 1 + graph_degree;
  const std::uint64_t nodes = (1 + tree_d_path_shape(shape).siblings()) +
                              columns * (shape.layers + 1 + column_path) + (1 + column_path);
  return columns * sizeof(std::uint64_t) + nodes * node_bytes;
}

std::uint64_t synthetic_file_bytes(const Shape& shape) {
  return header_bytes + SyntheticChallenges::count(shape.nodes) * synthetic_record_bytes(shape);
}

void write_synthetic_proofs(const RegisteredProof& proof, const VanillaStatement& statement,
                            const SealedSector& sector, const std::string& path, const Threads& threads,
                            Control& control) {
  const Shape& shape = *proof.shape;
  const SyntheticChallenges challenges(shape.nodes, statement.replica_id, statement.comm_r);
  const std::uint64_t count = SyntheticChallenges::count(shape.nodes);
  const std::uint64_t record_bytes = synthetic_record_bytes(shape);

  NewFile output(path);
  output.file().allocate(synthetic_file_bytes(shape));
  const Node roots[3] = {sector.comm_d(), sector.comm_c(), sector.comm_r_last()};
  output.file().write(roots, sizeof roots, 0);
  control.begin("synthetic", count);
  for_each_item(threads, (count + batch_records - 1) / batch_records, [&](std::uint64_t batch, unsigned) {
    const std::uint64_t first = batch * batch_records;
    const std::uint64_t records = std::min(batch_records, count - first);
    std::vector<std::uint8_t> bytes(records * record_bytes);
    for (std::uint64_t i = 0; i < records; ++i) {
      const std::uint64_t challenge = challenges.at(first + i);
      const VanillaProof opened = sector.prove(challenge);
      verify_vanilla_proof(shape, sector.graph(), statement, challenge, opened);
      write_record(opened, &bytes[i * record_bytes]);
      control.advance(1);
    }
    output.file().write(bytes.data(), bytes.size(), header_bytes + first * record_bytes);
  });
  output.commit(control);
}

SyntheticProofs::SyntheticProofs(const Shape& shape, const std::string& path)
    : shape_(&shape), file_(File::open_read(path)) {
  file_.require_size(synthetic_file_bytes(shape));
}

VanillaProof SyntheticProofs::read(std::uint64_t index, std::uint64_t challenge) const {
  Roots roots;
  file_.read(&roots, sizeof roots, 0);
  std::vector<std::uint8_t> bytes(synthetic_record_bytes(*shape_));
  const std::uint64_t offset = header_bytes + index * bytes.size();
  file_.read(bytes.data(), bytes.size(), offset);

  RecordReader reader(bytes.data());
  if (reader.u64() != challenge) {
    throw Failure(FailureCode::mismatch,
                  "record " + std::to_string(index) + " of " + file_.path() + " is not of challenge " +
                      std::to_string(challenge),
                  file_.path(), offset);
  }
  std::uint64_t parents[graph_degree];
  for (std::uint64_t& parent : parents) parent = reader.u64();

  VanillaProof proof{};
  proof.comm_d = reader.leaf_and_siblings(tree_d_path_shape(*shape_), challenge, roots.tree_d);
  proof.c_x = reader.column(*shape_, challenge, roots.tree_c);
  for (unsigned i = 0; i < graph_degree; ++i) {
    (i < base_degree ? proof.drg_parents : proof.exp_parents)
        .push_back(reader.column(*shape_, parents[i], roots.tree_c));
  }
  proof.comm_r_last = reader.leaf_and_siblings(column_path_shape(*shape_), challenge, roots.tree_r);

  std::vector<const std::vector<Node>*> rows;
  for (const ColumnProof& parent : proof.drg_parents) rows.push_back(&parent.rows);
  for (const ColumnProof& parent : proof.exp_parents) rows.push_back(&parent.rows);
  proof.labeling = labeling_from_columns(challenge, shape_->layers, rows);
  proof.encoding = proof.labeling.back();
  return proof;
}

}  // namespace seal
