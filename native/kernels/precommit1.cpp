#include "kernels/precommit1.h"

#include <algorithm>
#include <memory>

#include "kernels/cache_files.h"
#include "kernels/commitment.h"
#include "kernels/failure.h"
#include "kernels/graph.h"
#include "kernels/new_file.h"
#include "kernels/parent_cache.h"
#include "kernels/sector_data.h"

namespace seal {

namespace {

constexpr unsigned samples_of_kept_layer = 64;

Node* nodes_of(FileMap& map) {
  return reinterpret_cast<Node*>(map.data());
}
const Node* nodes_of(const FileMap& map) {
  return reinterpret_cast<const Node*>(map.data());
}

/// A sector during labeling.
struct Growing {
  const Precommit1Sector* request;
  Node replica_id;
  FileMap previous;  ///< the last complete layer; empty before layer 1
};

FileMap map_layer(const Growing& sector, unsigned layer, std::uint64_t bytes, FileMap::Pattern pattern) {
  const File file = File::open_read(layer_file(sector.request->cache_dir, layer));
  return {file, bytes, FileMap::Access::read, pattern};
}

/// The number of complete and correct layers of an earlier run, counted from layer 1.
unsigned count_kept_layers(const Growing& sector, const Shape& shape, const ParentRows& rows,
                           const Control& control) {
  FileMap previous;
  for (unsigned layer = 1; layer <= shape.layers; ++layer) {
    const std::string path = layer_file(sector.request->cache_dir, layer);
    if (!file_exists(path) || File::open_read(path).size() != shape.sector_bytes) return layer - 1;
    FileMap current = map_layer(sector, layer, shape.sector_bytes, FileMap::Pattern::sparse);
    // The check does not write; the type is that of labeling.
    const LabelLayer labels{sector.replica_id, nodes_of(previous), nodes_of(current)};
    if (!layer_sample_matches(labels, layer, rows, samples_of_kept_layer, control)) return layer - 1;
    previous = std::move(current);
  }
  return shape.layers;
}

void grow_layer(std::span<Growing> sectors, unsigned layer, const Shape& shape, const ParentRows& rows,
                const LabelThreads& threads, Control& control) {
  std::vector<std::unique_ptr<NewFile>> files;
  std::vector<FileMap> maps;
  std::vector<LabelLayer> labels;
  for (const Growing& sector : sectors) {
    files.push_back(std::make_unique<NewFile>(layer_file(sector.request->cache_dir, layer)));
    files.back()->file().allocate(shape.sector_bytes);
    maps.emplace_back(files.back()->file(), shape.sector_bytes, FileMap::Access::write,
                      FileMap::Pattern::dense);
    labels.push_back({sector.replica_id, nodes_of(sector.previous), nodes_of(maps.back())});
  }
  control.begin("layer-" + std::to_string(layer), shape.nodes);
  label_layer(labels, layer, rows, threads, control);
  for (std::size_t i = 0; i < sectors.size(); ++i) {
    maps[i] = FileMap();
    files[i]->commit(control);
    sectors[i].previous = map_layer(sectors[i], layer, shape.sector_bytes, FileMap::Pattern::dense);
  }
}

Node commit_to_data(const Precommit1Sector& sector, const Shape& shape, const Threads& threads,
                    Control& control) {
  std::optional<File> data;
  if (!sector.staged_path.empty())
    data = open_sector_data(sector.staged_path, sector.sealed_path, shape.sector_bytes);
  make_directories(sector.cache_dir);
  // These files belong to a replica, which no longer exists from here on.
  remove_file_if_present(p_aux_file(sector.cache_dir));
  remove_file_if_present(synthetic_proofs_file(sector.cache_dir));
  copy_sector_data(data ? &*data : nullptr, sector.sealed_path, shape.sector_bytes, control);
  if (data) data = File::open_read(sector.sealed_path);
  const Node comm_d =
      build_tree_d(data ? &*data : nullptr, shape.nodes, tree_d_file(sector.cache_dir), threads, control);
  if (sector.expected_comm_d && *sector.expected_comm_d != comm_d) {
    throw Failure(
        FailureCode::mismatch,
        "the data has CommD " + to_hex(comm_d) + ", the pieces have CommD " + to_hex(*sector.expected_comm_d),
        sector.staged_path);
  }
  return comm_d;
}

}  // namespace

std::vector<Precommit1Result> precommit1(const RegisteredProof& proof,
                                         std::span<const Precommit1Sector> sectors,
                                         const Precommit1Options& options, Control& control) {
  require(!sectors.empty() && sectors.size() <= max_sectors_side_by_side,
          "one to four sectors can be sealed side by side");
  const Shape& shape = *proof.shape;
  const Graph graph(proof);

  std::vector<Precommit1Result> results;
  std::vector<Growing> growing;
  for (const Precommit1Sector& sector : sectors) {
    const Node comm_d = commit_to_data(sector, shape, options.threads, control);
    const Node replica_id = replica_id_of(prover_id_of(sector.actor_id), sector.sector_number, sector.ticket,
                                          comm_d, proof.porep_id);
    results.push_back({comm_d, replica_id, 0});
    growing.push_back({&sector, replica_id, {}});
  }

  const ParentCache parents = ParentCache::open(graph, options.parent_cache_dir, options.threads, control);
  unsigned kept = shape.layers;
  for (const Growing& sector : growing)
    kept = std::min(kept, count_kept_layers(sector, shape, parents.rows(), control));
  for (Growing& sector : growing) {
    for (unsigned layer = kept + 1; layer <= shape.layers; ++layer) {
      remove_file_if_present(layer_file(sector.request->cache_dir, layer));
    }
    if (kept > 0) sector.previous = map_layer(sector, kept, shape.sector_bytes, FileMap::Pattern::dense);
  }
  for (Precommit1Result& result : results) result.layers_kept = kept;
  for (unsigned layer = kept + 1; layer <= shape.layers; ++layer) {
    grow_layer(growing, layer, shape, parents.rows(), options.label_threads, control);
  }
  return results;
}

}  // namespace seal
