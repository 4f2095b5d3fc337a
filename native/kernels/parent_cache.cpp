#include "kernels/parent_cache.h"

#include <algorithm>
#include <vector>

#include "kernels/new_file.h"

namespace seal {

namespace {

constexpr std::uint32_t chunk_nodes = 4096;
constexpr unsigned sampled_rows = 64;

/// Compares samples spread over the file with the graph, which detects the cache of another graph and damaged
/// regions.
bool sample_matches(const Graph& graph, const FileMap& map) {
  for (unsigned i = 0; i < sampled_rows; ++i) {
    const std::uint64_t node = (graph.nodes() - 1) * i / (sampled_rows - 1);
    std::uint32_t expected[graph_degree];
    graph.parents(static_cast<std::uint32_t>(node), expected);
    if (std::memcmp(map.data() + node * sizeof expected, expected, sizeof expected) != 0) return false;
  }
  return true;
}

void write_rows(const Graph& graph, const File& file, const Threads& threads, Control& control) {
  file.allocate(graph.cache_file_bytes());
  control.begin("parents", graph.nodes());
  const std::uint64_t chunks = (graph.nodes() + chunk_nodes - 1) / chunk_nodes;
  for_each_item(threads, chunks, [&](std::uint64_t chunk, unsigned) {
    const std::uint64_t first = chunk * chunk_nodes;
    const auto count =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(chunk_nodes, graph.nodes() - first));
    std::vector<std::uint32_t> rows(std::size_t{count} * graph_degree);
    graph.parents_of_range(static_cast<std::uint32_t>(first), count, rows.data());
    const std::size_t row_bytes = graph_degree * sizeof(std::uint32_t);
    file.write(rows.data(), rows.size() * sizeof(std::uint32_t), first * row_bytes);
    control.advance(count);
  });
}

}  // namespace

ParentCache::ParentCache(const Graph& graph, const std::string& path, FileMap map)
    : path_(path),
      map_(std::move(map)),
      rows_(reinterpret_cast<const std::uint32_t*>(map_.data()), graph.nodes(), path) {}

std::optional<ParentCache> ParentCache::open_present(const Graph& graph, const std::string& path) {
  if (!file_exists(path)) return std::nullopt;
  const File file = File::open_read(path);
  if (file.size() != graph.cache_file_bytes()) return std::nullopt;
  FileMap map(file, graph.cache_file_bytes(), FileMap::Access::read, FileMap::Pattern::sequential);
  if (!sample_matches(graph, map)) return std::nullopt;
  return ParentCache(graph, path, std::move(map));
}

ParentCache ParentCache::open(const Graph& graph, const std::string& directory, const Threads& threads,
                              Control& control) {
  make_directories(directory);
  const std::string path = join_path(directory, graph.cache_file_name());
  if (auto present = open_present(graph, path)) return std::move(*present);
  NewFile file(path, control);
  // The previous lock holder may have written the file.
  if (auto present = open_present(graph, path)) return std::move(*present);
  write_rows(graph, file.file(), threads, control);
  FileMap map(file.file(), graph.cache_file_bytes(), FileMap::Access::read, FileMap::Pattern::sequential);
  file.commit(control);
  return ParentCache(graph, path, std::move(map));
}

}  // namespace seal
