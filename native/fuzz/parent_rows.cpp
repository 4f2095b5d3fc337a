// A damaged parent cache: rows that are taken for sound are labeled from, and no label may be read from
// outside of its layer.
#include "kernels/parent_rows.h"

#include <cstring>

#include "fuzz/fuzz.h"
#include "kernels/label.h"

using namespace seal;
using namespace seal::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  constexpr std::uint64_t nodes = 64;
  static const std::vector<std::uint32_t> sound = [] {
    std::vector<std::uint32_t> rows(nodes * graph_degree);
    Graph(nodes, Node{}, ApiVersion::v1_1).parents_of_range(0, nodes, rows.data());
    return rows;
  }();
  std::vector<std::uint32_t> rows = sound;
  Choices choices(bytes, count);
  while (!choices.empty()) {
    const std::uint64_t at = choices.below(rows.size());
    const std::vector<std::uint8_t> value = choices.bytes(4);
    if (!value.empty()) std::memcpy(&rows[at], value.data(), value.size());
  }
  if (!accepted({FailureCode::malformed}, [&] { ParentRows(rows.data(), nodes).require_sound(0, nodes); })) {
    return 0;
  }
  // On the heap, each of its own, so that the address sanitizer sees the ends.
  const std::vector<Node> previous(nodes);
  std::vector<Node> current(nodes);
  const LabelLayer layer{Node{}, previous.data(), current.data()};
  for (const unsigned number : {1u, 2u}) label_nodes({&layer, 1}, number, 0, nodes, rows.data(), nodes);
  return 0;
}
