#include "kernels/layers.h"

#include <algorithm>

#include "kernels/failure.h"
#include "kernels/first_failure.h"
#include "kernels/gathered_layer.h"

namespace seal {

namespace {

constexpr std::uint64_t nodes_between_checkpoints = 1024;

void label_on_this_thread(std::span<const LabelLayer> sectors, unsigned layer, const ParentRows& rows,
                          Control& control) {
  for (std::uint64_t first = 0; first < rows.nodes(); first += nodes_between_checkpoints) {
    const std::uint64_t count = std::min(nodes_between_checkpoints, rows.nodes() - first);
    rows.require_sound(first, count);
    label_nodes(sectors, layer, first, count, rows.first(), rows.nodes());
    control.advance(count);
  }
}

}  // namespace

void label_layer(std::span<const LabelLayer> sectors, unsigned layer, const ParentRows& rows,
                 const LabelThreads& threads, Control& control) {
  require(!sectors.empty() && sectors.size() <= max_sectors_side_by_side,
          "one to four sectors can be sealed side by side");
  if (threads.producers > 0) return label_gathered_layer(sectors, layer, rows, threads, control);
  if (threads.consumer_cpu < 0) return label_on_this_thread(sectors, layer, rows, control);

  // A separate thread, so that the CPU affinity of the caller does not change.
  FirstFailure first_failure;
  start_thread([&] {
    first_failure.guard([&] {
      pin_to_cpu(threads.consumer_cpu);
      label_on_this_thread(sectors, layer, rows, control);
    });
  }).join();
  first_failure.rethrow_if_any();
}

bool layer_sample_matches(const LabelLayer& sector, unsigned layer, const ParentRows& rows, unsigned samples,
                          const Control& control) {
  for (unsigned i = 0; i < samples; ++i) {
    control.checkpoint();
    const std::uint64_t node = (rows.nodes() - 1) * i / (samples - 1);
    rows.require_sound(node, 1);
    if (label_of_node(sector, layer, static_cast<std::uint32_t>(node), rows.of(node)) != sector.current[node])
      return false;
  }
  return true;
}

}  // namespace seal
