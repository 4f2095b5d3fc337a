// The parents of all nodes of a graph as labeling reads them: fourteen numbers a node, in memory or in a
// map.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/graph.h"

namespace seal {

/// A view. Rows from a file may be damaged, so a row is labeled from only after `require_sound`.
class ParentRows {
 public:
  /// `first` is the row of node 0. `file` is the file that begins with it, empty for rows in memory.
  ParentRows(const std::uint32_t* first, std::uint64_t nodes, std::string file = "")
      : first_(first), nodes_(nodes), file_(std::move(file)) {}

  const std::uint32_t* first() const { return first_; }
  const std::uint32_t* of(std::uint64_t node) const { return first_ + node * graph_degree; }
  std::uint64_t nodes() const { return nodes_; }

  /// Throws `malformed`, with file and offset, unless the parents of the nodes [from, from + count) are such
  /// as can be read: base parents before their node, expander parents in the graph.
  void require_sound(std::uint64_t from, std::uint64_t count) const;

 private:
  const std::uint32_t* first_;
  std::uint64_t nodes_;
  std::string file_;
};

}  // namespace seal
