#include "kernels/parent_cache.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "kernels/failure.h"

namespace seal {

namespace {

constexpr std::uint32_t chunk_nodes = 4096;
constexpr unsigned sampled_rows = 64;

/// Compares rows spread over the file with the graph: finds a cache of another graph or one with damaged
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

}  // namespace

ParentCache ParentCache::open(const Graph& graph, const std::string& directory, const Threads& threads,
                              Control& control) {
  make_directories(directory);
  const std::string path = join_path(directory, graph.cache_file_name());
  const auto map = [&] {
    return FileMap(File::open_read(path), graph.cache_file_bytes(), FileMap::Access::read,
                   FileMap::Pattern::sequential);
  };
  if (file_exists(path) && File::open_read(path).size() == graph.cache_file_bytes()) {
    FileMap present = map();
    if (sample_matches(graph, present)) return {path, std::move(present)};
  }
  write_parent_cache(graph, path, threads, control);
  return {path, map()};
}

void write_parent_cache(const Graph& graph, const std::string& path, const Threads& threads,
                        Control& control) {
  // Several processes may write the same cache at once: each has its own temporary file, the last rename
  // stands.
  NewFile file(path, "." + std::to_string(::getpid()) + ".tmp");
  file.file().allocate(graph.cache_file_bytes());
  control.begin("parents", graph.nodes());
  const std::uint64_t chunks = (graph.nodes() + chunk_nodes - 1) / chunk_nodes;
  for_each_item(threads, chunks, [&](std::uint64_t chunk, unsigned) {
    const std::uint64_t first = chunk * chunk_nodes;
    const auto count =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(chunk_nodes, graph.nodes() - first));
    std::vector<std::uint32_t> rows(std::size_t{count} * graph_degree);
    graph.parents_of_range(static_cast<std::uint32_t>(first), count, rows.data());
    const std::size_t row_bytes = graph_degree * sizeof(std::uint32_t);
    file.file().write(rows.data(), rows.size() * sizeof(std::uint32_t), first * row_bytes);
    control.advance(count);
  });
  file.commit();
}

}  // namespace seal
