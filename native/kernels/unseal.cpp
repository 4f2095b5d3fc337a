#include "kernels/unseal.h"

#include <optional>

#include "kernels/encode.h"
#include "kernels/failure.h"
#include "kernels/graph.h"
#include "kernels/new_file.h"
#include "kernels/parent_cache.h"
#include "kernels/unpadded_range.h"

namespace seal {

namespace {

/// A layer in an unlinked file, which is deleted with its map.
FileMap scratch_layer(const std::string& directory, unsigned number, std::uint64_t bytes) {
  NewFile file(join_path(directory, "unseal-layer-" + std::to_string(number)));
  file.file().allocate(bytes);
  return {file.file(), bytes, FileMap::Access::write, FileMap::Pattern::dense};
}

FileMap compute_last_layer(const RegisteredProof& proof, const UnsealRequest& request,
                           const Precommit1Options& options, Control& control) {
  const Shape& shape = *proof.shape;
  const Graph graph(proof);
  const Node replica_id = replica_id_of(prover_id_of(request.actor_id), request.sector_number, request.ticket,
                                        request.comm_d, proof.porep_id);
  const ParentCache parents = ParentCache::open(graph, options.parent_cache_dir, options.threads, control);
  make_directories(request.scratch_dir);
  FileMap current = scratch_layer(request.scratch_dir, 0, shape.sector_bytes);
  FileMap previous = scratch_layer(request.scratch_dir, 1, shape.sector_bytes);
  for (unsigned layer = 1; layer <= shape.layers; ++layer) {
    std::swap(current, previous);
    const LabelLayer labels{replica_id, reinterpret_cast<const Node*>(previous.data()),
                            reinterpret_cast<Node*>(current.data())};
    control.begin("layer-" + std::to_string(layer), shape.nodes);
    label_layer(std::span(&labels, 1), layer, parents.rows(), options.label_threads, control);
  }
  return current;
}

}  // namespace

void unseal(const RegisteredProof& proof, const UnsealRequest& request, const Precommit1Options& options,
            Control& control) {
  const Shape& shape = *proof.shape;
  require_unpadded_range(shape.sector_bytes, request.offset, request.bytes);
  const File sealed = File::open_read(request.sealed_path);
  sealed.require_size(shape.sector_bytes);

  require_other_file(sealed, request.output_path);

  FileMap layer;
  std::optional<File> layer_file;  // none for a computed layer, whose labels are all canonical
  if (request.last_layer_path.empty()) {
    layer = compute_last_layer(proof, request, options, control);
  } else {
    layer_file = File::open_read(request.last_layer_path);
    layer_file->require_size(shape.sector_bytes);
    layer = FileMap(*layer_file, shape.sector_bytes, FileMap::Access::read, FileMap::Pattern::sequential);
  }
  const auto* labels = reinterpret_cast<const Node*>(layer.data());

  control.begin("decode", nodes_around(request.offset, request.bytes));
  const auto decode = [&](std::uint64_t node, std::span<Node> data) {
    sealed.read(data.data(), data.size_bytes(), node * node_bytes);
    const auto bad = subtract_nodes(data.data(), labels + node, data.data(), data.size());
    if (bad) fail_first_not_canonical(sealed, layer_file ? *layer_file : sealed, node + *bad);
  };
  write_unpadded_range(request.output_path, request.offset, request.bytes, {sealed, request.comm_d, decode},
                       options.threads, control);
}

}  // namespace seal
