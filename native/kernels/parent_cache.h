// Sheet section 5.4: the parents of a whole graph in one file, shared by every sector of that graph.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/control.h"
#include "kernels/file.h"
#include "kernels/graph.h"
#include "kernels/parent_rows.h"
#include "kernels/threads.h"

namespace seal {

/// The parent rows of a graph, memory-mapped from the file that the reference uses too.
class ParentCache {
 public:
  /// Opens the cache of a graph in `directory`, first writing it when it is absent, has another size, or
  /// fails a sample check. Progress stage "parents" counts nodes.
  static ParentCache open(const Graph& graph, const std::string& directory, const Threads& threads,
                          Control& control);

  /// Valid as long as the cache is open.
  ParentRows rows() const {
    const auto* first = reinterpret_cast<const std::uint32_t*>(map_.data());
    return {first, map_.size() / (graph_degree * sizeof *first), path_};
  }
  const std::string& path() const { return path_; }

 private:
  ParentCache(std::string path, FileMap map) : path_(std::move(path)), map_(std::move(map)) {}
  std::string path_;
  FileMap map_;
};

/// Writes the parents of a graph to `path`, which appears only when it is complete.
void write_parent_cache(const Graph& graph, const std::string& path, const Threads& threads,
                        Control& control);

}  // namespace seal
