#include "kernels/bincode.h"

#include "kernels/failure.h"

namespace seal {

namespace {

enum Variant : std::uint32_t { single = 0, sub = 1, top = 2 };

constexpr std::size_t least_path_element_bytes = 16;  // the count of its siblings and its index

}  // namespace

void BincodeWriter::u32(std::uint32_t value) {
  bytes_.resize(bytes_.size() + sizeof value);
  store_le32(&bytes_[bytes_.size() - sizeof value], value);
}

void BincodeWriter::u64(std::uint64_t value) {
  bytes_.resize(bytes_.size() + sizeof value);
  store_le64(&bytes_[bytes_.size() - sizeof value], value);
}

void BincodeWriter::node(const Node& node) {
  bytes_.insert(bytes_.end(), node.begin(), node.end());
}

void BincodeWriter::nodes(const std::vector<Node>& nodes) {
  u64(nodes.size());
  for (const Node& each : nodes) node(each);
}

void BincodeWriter::path(const std::vector<PathElement>& path) {
  u64(path.size());
  for (const PathElement& element : path) {
    nodes(element.siblings);
    u64(element.index);
  }
}

void BincodeWriter::merkle_proof(const MerkleProof& proof) {
  if (proof.sub.empty()) {
    u32(single);
    node(proof.root);
    node(proof.leaf);
    path(proof.base);
    return;
  }
  u32(proof.top.empty() ? sub : top);
  path(proof.base);
  path(proof.sub);
  if (!proof.top.empty()) path(proof.top);
  node(proof.root);
  node(proof.leaf);
}

std::uint32_t BincodeReader::u32() {
  return load_le32(take(sizeof(std::uint32_t)));
}
std::uint64_t BincodeReader::u64() {
  return load_le64(take(sizeof(std::uint64_t)));
}

Node BincodeReader::node() {
  Node node;
  std::memcpy(node.data(), take(node_bytes), node_bytes);
  return node;
}

std::uint64_t BincodeReader::count(std::size_t element_bytes) {
  const std::uint64_t count = u64();
  if (count > (bytes_.size() - at_) / element_bytes) {
    fail("a list of " + std::to_string(count) + " elements does not fit into the bytes that are left");
  }
  return count;
}

std::vector<Node> BincodeReader::nodes() {
  std::vector<Node> nodes(count(node_bytes));
  for (Node& each : nodes) each = node();
  return nodes;
}

std::vector<PathElement> BincodeReader::path() {
  std::vector<PathElement> path(count(least_path_element_bytes));
  for (PathElement& element : path) {
    element.siblings = nodes();
    element.index = u64();
  }
  return path;
}

MerkleProof BincodeReader::merkle_proof() {
  MerkleProof proof{};
  const std::uint32_t variant = u32();
  if (variant == single) {
    proof.root = node();
    proof.leaf = node();
    proof.base = path();
    return proof;
  }
  if (variant != sub && variant != top) fail("there is no tree variant " + std::to_string(variant));
  proof.base = path();
  proof.sub = path();
  if (proof.sub.empty()) fail("a compound tree has no path of its sub trees");
  if (variant == top) {
    proof.top = path();
    if (proof.top.empty()) fail("a compound tree has no path of its top");
  }
  proof.root = node();
  proof.leaf = node();
  return proof;
}

void BincodeReader::end() const {
  if (at_ != bytes_.size()) fail("there are bytes after the end");
}

const std::uint8_t* BincodeReader::take(std::size_t bytes) {
  if (bytes > bytes_.size() - at_) fail("it ends too early");
  const std::uint8_t* from = bytes_.data() + at_;
  at_ += bytes;
  return from;
}

void BincodeReader::fail(const std::string& problem) const {
  throw Failure(FailureCode::malformed, what_ + " at offset " + std::to_string(at_) + ": " + problem, "",
                at_);
}

}  // namespace seal
