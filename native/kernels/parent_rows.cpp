#include "kernels/parent_rows.h"

#include "kernels/failure.h"

namespace seal {

namespace {

/// Branchless, because it runs before every label: a negative difference has its highest bit set.
bool all_sound(const std::uint32_t* row, std::uint64_t node, std::uint64_t count, std::uint64_t nodes) {
  std::uint64_t below = ~std::uint64_t{0};
  for (const std::uint64_t end = node + count; node < end; ++node, row += graph_degree) {
    // Nodes 0 and 1 have the base parents 0.
    const std::uint64_t base_end = node + (node == 0);
    for (unsigned i = 0; i < base_degree; ++i) below &= row[i] - base_end;
    std::uint32_t expander = 0;
    for (unsigned i = base_degree; i < graph_degree; ++i) expander |= row[i];
    // `nodes` is a power of two, so the bitwise OR of numbers below it is also below it.
    below &= expander - nodes;
  }
  return (below >> 63) != 0;
}

}  // namespace

void ParentRows::require_sound(std::uint64_t from, std::uint64_t count) const {
  if (all_sound(of(from), from, count, nodes_)) return;
  std::uint64_t bad = from;
  while (all_sound(of(bad), bad, 1, nodes_)) ++bad;
  const std::uint64_t offset = bad * graph_degree * sizeof(std::uint32_t);
  const std::string where = file_.empty() ? "the parent rows" : file_;
  throw Failure(FailureCode::malformed,
                where + " at offset " + std::to_string(offset) + " has invalid parents for node " +
                    std::to_string(bad) + ": remove the damaged file; it is created again",
                file_, offset);
}

}  // namespace seal
