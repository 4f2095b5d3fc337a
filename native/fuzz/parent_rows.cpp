// A damaged parent cache: labeling with the rows that pass the check must not read outside of the layers.
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
  // Separate heap allocations, so that the address sanitizer detects reads past the end.
  const std::vector<Node> previous(nodes);
  std::vector<Node> current(nodes);
  const LabelLayer layer{Node{}, previous.data(), current.data()};
  for (const unsigned number : {1u, 2u}) label_nodes({&layer, 1}, number, 0, nodes, rows.data(), nodes);
  return 0;
}
