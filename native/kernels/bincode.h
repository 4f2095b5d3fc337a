// The subset of bincode 1.x that proofs use, with fixed-width little-endian integers (docs/spec/sealing.md
// section 13.3).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/merkle_proof.h"

namespace seal {

class BincodeWriter {
 public:
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void node(const Node& node);
  void nodes(const std::vector<Node>& nodes);  ///< with their count
  void merkle_proof(const MerkleProof& proof);
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  void path(const std::vector<PathElement>& path);
  std::vector<std::uint8_t> bytes_;
};

/// Reads the output of the writer. Throws `malformed`, with `what` and the offset, for anything else. Rejects
/// a count that exceeds the remaining bytes before it allocates memory.
class BincodeReader {
 public:
  BincodeReader(std::span<const std::uint8_t> bytes, std::string what)
      : bytes_(bytes), what_(std::move(what)) {}

  std::uint32_t u32();
  std::uint64_t u64();
  Node node();
  std::vector<Node> nodes();
  /// The number of elements that follow, each of at least `element_bytes` bytes.
  std::uint64_t count(std::size_t element_bytes);
  MerkleProof merkle_proof();
  /// Throws unless all bytes were read.
  void end() const;

 private:
  std::vector<PathElement> path();
  const std::uint8_t* take(std::size_t bytes);
  [[noreturn]] void fail(const std::string& problem) const;

  std::span<const std::uint8_t> bytes_;
  std::string what_;
  std::size_t at_ = 0;
};

}  // namespace seal
