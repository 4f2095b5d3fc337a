// docs/spec/sealing.md section 3.4: reading the file of tree D.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/file.h"
#include "kernels/merkle_proof.h"
#include "kernels/shape.h"
#include "kernels/tree.h"

namespace seal {

/// Paths in tree D, whose file contains every row.
class TreeD {
 public:
  TreeD(const Shape& shape, const std::string& path);
  Node root() const;
  MerkleProof prove(std::uint64_t leaf) const;
  /// Nodes [first, first + count) of a row; row 0 are the leaves.
  std::vector<Node> row_range(unsigned row, std::uint64_t first, std::uint64_t count) const;

 private:
  PathShape shape_;
  TreeLayout layout_;
  File file_;
};

}  // namespace seal
