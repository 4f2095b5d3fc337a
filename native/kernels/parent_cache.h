// docs/spec/sealing.md section 5.4: the parents of a whole graph in one file, shared by every sector of that
// graph.
#pragma once

#include <cstdint>
#include <optional>
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
  /// fails a sample check; waits instead while somebody else writes it. Progress stage "parents" counts
  /// nodes.
  static ParentCache open(const Graph& graph, const std::string& directory, const Threads& threads,
                          Control& control);

  /// Valid as long as the cache is open.
  const ParentRows& rows() const { return rows_; }
  const std::string& path() const { return path_; }

 private:
  ParentCache(const Graph& graph, const std::string& path, FileMap map);
  /// The cache, where it is there whole and its samples are right.
  static std::optional<ParentCache> open_present(const Graph& graph, const std::string& path);

  std::string path_;
  FileMap map_;
  ParentRows rows_;
};

}  // namespace seal
