// docs/spec/sealing.md sections 2 and 3.3: writing pieces into the staged file of an unsealed sector.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/commitment.h"
#include "kernels/control.h"
#include "kernels/threads.h"

namespace seal {

struct StagePieceRequest {
  std::string payload_path;     ///< a file, or a device that can be read at offsets, such as /dev/zero
  std::uint64_t payload_bytes;  ///< unpadded bytes to read from its beginning; fewer are a `wrong_size`
  std::string staged_path;      ///< created if missing; must not be the payload file
  std::uint64_t staged_offset;  ///< padded bytes; a multiple of the padded piece size
  std::uint64_t
      padded_bytes;      ///< padded piece size, a power of two; filled with zeros after the payload
  bool replace = false;  ///< whether a new file with only this piece replaces an existing one
};

/// Writes a piece, padded, to its offset in a staged file and returns its commitment. A new file gets its
/// name when it is complete. When the call fails, an existing file is truncated to its former length.
/// Progress stage "piece", in nodes.
Piece stage_piece(const StagePieceRequest& request, const Threads& threads, Control& control);

}  // namespace seal
