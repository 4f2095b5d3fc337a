// docs/spec/sealing.md section 14.3: updating a sector with data, decoding the data, and regenerating the
// sector key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/shape.h"
#include "kernels/threads.h"

namespace seal {

struct UpdateResult {
  Node comm_r_new;
  Node comm_d_new;
  Node comm_r_last_new;
};

struct UpdateRequest {
  std::string key_path;       ///< the sealed sector before the update
  std::string key_cache_dir;  ///< contains its p_aux, and t_aux if it has one
  std::string
      data_path;  ///< fr32-padded new data, at least the sector's size; the rest is not read
  std::string replica_path;  ///< the updated replica; gets its name when it is complete
  std::string update_cache_dir;
  std::optional<Node> expected_comm_d;  ///< from the piece list; another CommD of the data is a `mismatch`
};

/// Encodes new data into a sector. Writes the replica, and into the update cache tree D, tree R, t_aux and
/// finally p_aux. Progress stages "tree-d" and "tree-r", in nodes.
UpdateResult encode_update(const Shape& shape, const UpdateRequest& request, const Threads& threads,
                           Control& control);

struct UpdateDecodeRequest {
  std::string replica_path;  ///< the updated replica
  std::string key_path;
  std::string
      output_path;  ///< unpadded bytes of the range; gets its name when it is complete
  Node comm_d_new;
  Node comm_r_old;       ///< CommR of the sector key, not of the updated replica
  std::uint64_t offset;  ///< unpadded bytes
  std::uint64_t bytes;   ///< unpadded bytes, at least 1
};

/// Decodes data from an updated sector. Throws `mismatch` for files or commitments that do not belong
/// together, as far as detectable (see `write_unpadded_range`). Progress stage "decode", in nodes.
void decode_update(const Shape& shape, const UpdateDecodeRequest& request, const Threads& threads,
                   Control& control);

struct RemoveUpdateRequest {
  std::string replica_path;   ///< the updated replica
  std::string data_path;      ///< the fr32-padded data of the update
  std::string key_path;       ///< the sector key; gets its name when it is complete
  std::string key_cache_dir;  ///< receives tree R, t_aux and p_aux of the key
  Node comm_d_new;
  Node comm_c;      ///< shared by the key and the update
  Node comm_r_old;  ///< expected CommR of the key; another one is a `mismatch`
};

/// Regenerates the sector key from an updated replica and its data. Progress stage "tree-r", in nodes.
void remove_update(const Shape& shape, const RemoveUpdateRequest& request, const Threads& threads,
                   Control& control);

}  // namespace seal
