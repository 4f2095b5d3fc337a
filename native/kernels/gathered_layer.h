// Multicore labeling: producers gather parent labels into a ring, and one thread hashes them.
#pragma once

#include "kernels/layers.h"

namespace seal {

/// Like `label_layer`, with `threads.producers` (at least 1) gathering threads and one hashing thread.
void label_gathered_layer(std::span<const LabelLayer> sectors, unsigned layer, const ParentRows& rows,
                          const LabelThreads& threads, Control& control);

}  // namespace seal
