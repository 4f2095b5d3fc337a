// docs/spec/sealing.md section 5.4: the parents of a whole graph in one file, which all sectors of that graph
// share.
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

/// The parent rows of a graph, mapped from the file that the reference also uses.
class ParentCache {
 public:
  /// Opens the cache of a graph in `directory`. Writes the file first when it is missing, has the wrong size,
  /// or fails a sample check; waits while another writer has it. Progress stage "parents" counts nodes.
  static ParentCache open(const Graph& graph, const std::string& directory, const Threads& threads,
                          Control& control);

  /// Valid while the cache is open.
  const ParentRows& rows() const { return rows_; }
  const std::string& path() const { return path_; }

 private:
  ParentCache(const Graph& graph, const std::string& path, FileMap map);
  /// The cache, if the file is complete and its samples are correct.
  static std::optional<ParentCache> open_present(const Graph& graph, const std::string& path);

  std::string path_;
  FileMap map_;
  ParentRows rows_;
};

}  // namespace seal
