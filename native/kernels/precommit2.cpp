#include "kernels/precommit2.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "kernels/base_trees.h"
#include "kernels/cache_files.h"
#include "kernels/commitment.h"
#include "kernels/encode.h"
#include "kernels/failure.h"
#include "kernels/new_file.h"
#include "kernels/poseidon.h"
#include "kernels/tree.h"

namespace seal {

namespace {

File open_whole(const std::string& path, std::uint64_t bytes) {
  File file = File::open_read(path);
  file.require_size(bytes);
  return file;
}

/// Computes leaves of tree C (docs/spec/sealing.md section 9.1). Columns are gathered in small groups that
/// fit into the cache.
class Columns {
 public:
  explicit Columns(std::vector<File> layers) : layers_(std::move(layers)) {}

  void hash(std::uint64_t first, std::span<Node> hashes, const Control& control) const {
    constexpr std::size_t group = 1024;
    const std::size_t arity = layers_.size();
    std::vector<Node> labels(group);
    std::vector<Node> columns(group * arity);
    for (std::size_t at = 0; at < hashes.size(); at += group) {
      control.checkpoint();
      const std::size_t count = std::min(group, hashes.size() - at);
      for (std::size_t layer = 0; layer < arity; ++layer) {
        layers_[layer].read(labels.data(), count * node_bytes, (first + at) * node_bytes);
        for (std::size_t i = 0; i < count; ++i) {
          if (!is_canonical(labels[i])) fail_not_canonical(layers_[layer], first + at + i);
          columns[i * arity + layer] = labels[i];
        }
      }
      poseidon_hash_row(static_cast<unsigned>(arity), columns.data(), &hashes[at], count);
    }
  }

 private:
  std::vector<File> layers_;
};

}  // namespace

Precommit2Result precommit2(const RegisteredProof& proof, const std::string& cache_dir,
                            const std::string& sealed_path, const Threads& threads, Control& control) {
  const Shape& shape = *proof.shape;
  std::vector<File> layers;
  for (unsigned layer = 1; layer <= shape.layers; ++layer) {
    layers.push_back(open_whole(layer_file(cache_dir, layer), shape.sector_bytes));
  }
  const File last_layer = open_whole(layer_file(cache_dir, shape.layers), shape.sector_bytes);
  const File tree_d = open_whole(tree_d_file(cache_dir), shape.tree_d_nodes() * node_bytes);

  Precommit2Result result;
  tree_d.read(result.comm_d.data(), node_bytes, (shape.tree_d_nodes() - 1) * node_bytes);
  const bool all_zero =
      result.comm_d == zero_commitment(static_cast<unsigned>(std::countr_zero(shape.nodes)));

  remove_file_if_present(p_aux_file(cache_dir));  // its presence marks phase 2 as complete
  remove_file_if_present(synthetic_proofs_file(cache_dir));
  const Columns columns(std::move(layers));
  control.begin("tree-c", shape.nodes);
  result.comm_c = build_base_trees(
      shape, tree_c_layout(shape), [&](std::uint64_t first, std::span<Node> to) { columns.hash(first, to, control); },
      [&](unsigned tree) { return tree_c_file(cache_dir, shape, tree); }, threads, control);

  File sealed = File::open_or_create(sealed_path);
  sealed.allocate(shape.sector_bytes);
  control.begin("tree-r", shape.nodes);
  result.comm_r_last = build_base_trees(
      shape, tree_r_last_layout(shape),
      [&](std::uint64_t first, std::span<Node> replica) {
        last_layer.read(replica.data(), replica.size_bytes(), first * node_bytes);
        if (!all_zero) {
          std::vector<Node> data(replica.size());
          tree_d.read(data.data(), replica.size_bytes(), first * node_bytes);
          const auto bad = add_nodes(replica.data(), data.data(), replica.data(), replica.size());
          if (bad) fail_not_canonical(is_canonical(data[*bad]) ? last_layer : tree_d, first + *bad);
        }
        sealed.write(replica.data(), replica.size_bytes(), first * node_bytes);
      },
      [&](unsigned tree) { return tree_r_last_file(cache_dir, shape, tree); }, threads, control);
  sealed.sync(control);
  sealed.close();

  const Node commitments[2] = {result.comm_c, result.comm_r_last};
  result.comm_r = poseidon_hash(commitments);
  const std::string t_aux = encode_t_aux(temporary_aux_of(shape, cache_dir));
  write_small_file(t_aux_file(cache_dir), t_aux.data(), t_aux.size());
  write_p_aux(p_aux_file(cache_dir), {result.comm_c, result.comm_r_last});
  return result;
}

}  // namespace seal
