// Labels of whole layers, for phase 1 and unsealing.
#pragma once

#include <span>

#include "kernels/control.h"
#include "kernels/label.h"
#include "kernels/parent_rows.h"
#include "kernels/threads.h"

namespace seal {

struct LabelThreads {
  int consumer_cpu = -1;   ///< CPU of the hashing thread; -1: chosen by the system
  unsigned producers = 0;  ///< threads that fetch parents for the hashing thread; 0: the single-core form
  std::vector<int> producer_cpus;  ///< producer i runs on producer_cpus[i mod size]; empty: anywhere
};

/// Maximum number of sectors that one call labels side by side.
constexpr std::size_t max_sectors_side_by_side = 4;

/// Labels one layer of one to four sectors of a graph side by side. Throws `malformed` for impossible parent
/// rows. Progress counts nodes (of one sector); the caller begins the stage.
void label_layer(std::span<const LabelLayer> sectors, unsigned layer, const ParentRows& rows,
                 const LabelThreads& threads, Control& control);

/// Recomputes `samples` labels spread over a complete layer; false when one differs.
bool layer_sample_matches(const LabelLayer& sector, unsigned layer, const ParentRows& rows, unsigned samples,
                          const Control& control);

}  // namespace seal
