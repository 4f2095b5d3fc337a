// docs/spec/sealing.md sections 2 and 11: the unpadded bytes of any range of a sector, decoded on the way
// into a file.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/file.h"
#include "kernels/threads.h"

namespace seal {

/// Throws `invalid_argument` unless the range holds at least one byte and lies within the sector's unpadded
/// bytes.
void require_unpadded_range(std::uint64_t sector_bytes, std::uint64_t offset, std::uint64_t bytes);

/// Nodes of the whole 127-byte blocks around a range.
std::uint64_t nodes_around(std::uint64_t offset, std::uint64_t bytes);

/// Fills `data` with the padded data nodes from `node` on. Called from several threads at once.
using DataSource = std::function<void(std::uint64_t node, std::span<Node> data)>;

/// A replica with the way to its data.
struct DecodedSector {
  const File& replica;
  Node comm_d;  ///< of the data
  DataSource data;
};

/// Writes the unpadded bytes [offset, offset + bytes) to `path`, which appears only when it is complete. Data
/// that is no padded data is a `mismatch` that names the replica and the offset: what it was decoded with
/// does not belong to it. A single wrong node shows so with a probability of 0.45; a range that is the whole
/// sector must have its CommD. Holds at most 1 MiB a thread. Progress counts the nodes of `nodes_around`; the
/// caller begins the stage.
void write_unpadded_range(const std::string& path, std::uint64_t offset, std::uint64_t bytes,
                          const DecodedSector& sector, const Threads& threads, Control& control);

}  // namespace seal
