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
      output_path;  ///< receives the unpadded bytes of the range, and exists only when they are complete
  std::string scratch_dir;  ///< two layer files lie here while the layers are computed again
  std::string
      last_layer_path;  ///< the last layer, where it is at hand; empty to compute it from the replica id
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
