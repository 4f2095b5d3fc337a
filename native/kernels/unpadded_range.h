// docs/spec/sealing.md sections 2 and 11: decodes any range of a sector and writes its unpadded bytes to a
// file.
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

/// Throws `invalid_argument` unless the range has at least one byte and is within the sector's unpadded
/// bytes.
void require_unpadded_range(std::uint64_t sector_bytes, std::uint64_t offset, std::uint64_t bytes);

/// Number of nodes of the whole 127-byte blocks around a range.
std::uint64_t nodes_around(std::uint64_t offset, std::uint64_t bytes);

/// Fills `data` with the padded data nodes from `node` on. Must be thread-safe.
using DataSource = std::function<void(std::uint64_t node, std::span<Node> data)>;

/// A replica and the source of its decoded data.
struct DecodedSector {
  const File& replica;
  Node comm_d;  ///< of the data
  DataSource data;
};

/// Writes the unpadded bytes [offset, offset + bytes) to `path`, which gets its name when it is complete. If
/// decoded nodes are not valid padded data, the key does not belong to the replica: throws `mismatch` with
/// the replica and the offset. This detects a single wrong node with a probability of 0.45; a range of the
/// whole sector must also have the expected CommD. Uses at most 1 MiB per thread. Progress counts the nodes
/// of `nodes_around`; the caller begins the stage.
void write_unpadded_range(const std::string& path, std::uint64_t offset, std::uint64_t bytes,
                          const DecodedSector& sector, const Threads& threads, Control& control);

}  // namespace seal
