#include "kernels/sealed_sector.h"

#include "kernels/cache_files.h"
#include "kernels/encode.h"
#include "kernels/field.h"

namespace seal {

namespace {

std::vector<File> open_layers(const Shape& shape, const std::string& cache_dir) {
  std::vector<File> layers;
  for (unsigned layer = 1; layer <= shape.layers; ++layer) {
    layers.push_back(File::open_read(layer_file(cache_dir, layer)));
    layers.back().require_size(shape.sector_bytes);
  }
  return layers;
}

}  // namespace

SealedSector::SealedSector(const RegisteredProof& proof, const std::string& cache_dir,
                           const std::string& replica_path)
    : shape_(proof.shape),
      graph_(proof),
      layers_(open_layers(*proof.shape, cache_dir)),
      tree_d_(*proof.shape, tree_d_file(cache_dir)),
      tree_c_(BaseTrees::open_tree_c(*proof.shape, cache_dir)),
      tree_r_(BaseTrees::open_tree_r(*proof.shape, cache_dir, replica_path)) {}

VanillaProof SealedSector::prove(std::uint64_t challenge) const {
  VanillaProof proof{};
  proof.comm_d = tree_d_.prove(challenge);
  proof.comm_r_last = tree_r_.prove(challenge);
  proof.c_x = prove_column(challenge);

  std::uint32_t parents[graph_degree];
  graph_.parents(static_cast<std::uint32_t>(challenge), parents);
  for (unsigned i = 0; i < graph_degree; ++i) {
    (i < base_degree ? proof.drg_parents : proof.exp_parents).push_back(prove_column(parents[i]));
  }
  std::vector<const std::vector<Node>*> rows;
  for (const ColumnProof& parent : proof.drg_parents) rows.push_back(&parent.rows);
  for (const ColumnProof& parent : proof.exp_parents) rows.push_back(&parent.rows);
  proof.labeling = labeling_from_columns(challenge, shape_->layers, rows);
  proof.encoding = proof.labeling.back();
  return proof;
}

ColumnProof SealedSector::prove_column(std::uint64_t node) const {
  ColumnProof proof{static_cast<std::uint32_t>(node), {}, tree_c_.prove(node)};
  for (const File& layer : layers_) {
    Node label;
    layer.read(label.data(), node_bytes, node * node_bytes);
    if (!is_canonical(label)) fail_not_canonical(layer, node);
    proof.rows.push_back(label);
  }
  return proof;
}

}  // namespace seal
