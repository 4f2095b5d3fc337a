// Sheet section 5.4: the parents of a whole graph in one file, shared by every sector of that graph.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/control.h"
#include "kernels/file.h"
#include "kernels/graph.h"
#include "kernels/threads.h"

namespace seal {

/// The parent rows of a graph, memory-mapped from the file that the reference uses too.
class ParentCache {
 public:
  /// Opens the cache of a graph in `directory`, first writing it when it is absent, has another size, or
  /// fails a sample check. Progress stage "parents" counts nodes.
  static ParentCache open(const Graph& graph, const std::string& directory, const Threads& threads,
                          Control& control);

  /// Row of node 0; fourteen numbers a row.
  const std::uint32_t* rows() const { return reinterpret_cast<const std::uint32_t*>(map_.data()); }
  const std::uint32_t* row(std::uint64_t node) const { return rows() + node * graph_degree; }
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
