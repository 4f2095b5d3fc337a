// The parents of all nodes of a graph: fourteen numbers for each node, in memory or in a map.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/graph.h"

namespace seal {

/// A view of the rows. Rows of a file may be damaged, so call `require_sound` before labeling with a row.
class ParentRows {
 public:
  /// `first` is the row of node 0. `file` is the file that begins with that row; empty for rows in memory.
  ParentRows(const std::uint32_t* first, std::uint64_t nodes, std::string file = "")
      : first_(first), nodes_(nodes), file_(std::move(file)) {}

  const std::uint32_t* first() const { return first_; }
  const std::uint32_t* of(std::uint64_t node) const { return first_ + node * graph_degree; }
  std::uint64_t nodes() const { return nodes_; }

  /// Throws `malformed`, with file and offset, unless the parents of the nodes [from, from + count) are
  /// valid: base parents precede their node, expander parents are in the graph.
  void require_sound(std::uint64_t from, std::uint64_t count) const;

 private:
  const std::uint32_t* first_;
  std::uint64_t nodes_;
  std::string file_;
};

}  // namespace seal
