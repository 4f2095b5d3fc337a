// docs/spec/sealing.md section 10.1: tree D, replica ID and the labels of all layers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/layers.h"
#include "kernels/shape.h"
#include "kernels/threads.h"

namespace seal {

/// One sector to seal. Sectors of one graph may be sealed side by side.
struct Precommit1Sector {
  std::string staged_path;  ///< fr32-padded data, at most the sector's size; empty for a sector of zeros
  std::string sealed_path;  ///< output: a copy of the data, extended with zeros to the sector's size
  std::string cache_dir;
  std::uint64_t actor_id = 0;
  std::uint64_t sector_number = 0;
  Node ticket{};
  std::optional<Node> expected_comm_d;  ///< from the piece list; another CommD of the data is a `mismatch`
};

struct Precommit1Options {
  std::string parent_cache_dir;
  Threads threads;             ///< for tree D and the parent cache
  LabelThreads label_threads;  ///< for the layers
};

struct Precommit1Result {
  Node comm_d;
  Node replica_id;
  unsigned layers_kept;  ///< complete layers of an earlier run that were checked and reused
};

/// Runs phase 1 of one sector, or of several sectors of one graph side by side. A layer file gets its name
/// when it is complete. Complete layers of an earlier run are kept as long as recomputed samples match. Once
/// the data is known to be readable, files of an earlier phase 2 that mark a complete replica are removed.
/// Progress stages: "parents", "tree-d" and "layer-N", in nodes.
std::vector<Precommit1Result> precommit1(const RegisteredProof& proof,
                                         std::span<const Precommit1Sector> sectors,
                                         const Precommit1Options& options, Control& control);

}  // namespace seal
