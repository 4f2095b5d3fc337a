#include "kernels/tree_d.h"

namespace seal {

TreeD::TreeD(const Shape& shape, const std::string& path)
    : shape_(tree_d_path_shape(shape)), layout_(TreeHash::sha254, shape.nodes), file_(File::open_read(path)) {
  file_.require_size(layout_.file_bytes());
}

Node TreeD::root() const {
  return row_range(layout_.rows() - 1, 0, 1)[0];
}

MerkleProof TreeD::prove(std::uint64_t leaf) const {
  MerkleProof proof{};
  proof.root = root();
  proof.leaf = row_range(0, leaf, 1)[0];
  for (unsigned row = 0; row + 1 < layout_.rows(); ++row, leaf /= 2) {
    proof.base.push_back({row_range(row, leaf ^ 1, 1), leaf % 2});
  }
  return proof;
}

std::vector<Node> TreeD::row_range(unsigned row, std::uint64_t first, std::uint64_t count) const {
  std::vector<Node> nodes(count);
  file_.read(nodes.data(), count * node_bytes, layout_.row_offset(row) + first * node_bytes);
  return nodes;
}

}  // namespace seal
