// docs/spec/sealing.md section 11: decoding a replica.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/precommit1.h"
#include "kernels/shape.h"

namespace seal {

struct UnsealRequest {
  std::string sealed_path;
  std::string
      output_path;  ///< unpadded bytes of the range; gets its name when it is complete
  std::string scratch_dir;  ///< directory for two layer files while the layers are recomputed
  std::string
      last_layer_path;  ///< the last layer, if available; empty to compute it from the replica ID
  std::uint64_t actor_id;
  std::uint64_t sector_number;
  Node ticket;
  Node comm_d;
  std::uint64_t offset;  ///< unpadded bytes
  std::uint64_t bytes;   ///< unpadded bytes, at least 1
};

/// Unseals a range. Throws `mismatch` for inputs that do not belong to the replica, as far as detectable (see
/// `write_unpadded_range`). Progress stages: "parents", "layer-N" and "decode", in nodes.
void unseal(const RegisteredProof& proof, const UnsealRequest& request, const Precommit1Options& options,
            Control& control);

}  // namespace seal
