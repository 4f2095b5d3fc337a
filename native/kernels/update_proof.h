// docs/spec/sealing.md section 14.5: the vanilla proofs of a sector update, PR1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/merkle_proof.h"
#include "kernels/shape.h"
#include "kernels/threads.h"
#include "kernels/update.h"

namespace seal {

/// One challenged node in the key, in the new data and in the new replica.
struct UpdateChallengeProof {
  MerkleProof replica_old;
  MerkleProof data_new;
  MerkleProof replica_new;
  bool operator==(const UpdateChallengeProof&) const = default;
};

struct UpdatePartitionProof {
  Node comm_c;
  std::vector<Node> apex_leaves;
  std::vector<UpdateChallengeProof> challenges;
  bool operator==(const UpdatePartitionProof&) const = default;
};

struct UpdateStatement {
  Node comm_r_old;
  Node comm_r_new;
  Node comm_d_new;
};

/// The files of a sector and its update. The key's cache may be trimmed; the update's cache must have tree D.
struct UpdatedSectorFiles {
  std::string key_path;
  std::string key_cache_dir;
  std::string replica_path;
  std::string update_cache_dir;
};

std::vector<std::uint8_t> encode_update_partition(const UpdatePartitionProof& proof);
/// Throws `malformed`, with the offset, for anything but one complete proof.
UpdatePartitionProof decode_update_partition(std::span<const std::uint8_t> bytes);

/// Opens the challenges of an update; returns a proof for each partition. Verifies the proofs before they are
/// returned. Progress stages "vanilla" and "verify" count challenges.
std::vector<UpdatePartitionProof> prove_update(const Shape& shape, const UpdateStatement& statement,
                                               const UpdatedSectorFiles& files, const Threads& threads,
                                               Control& control);

/// Verifies every value of the proofs of all partitions against the statement. Throws `mismatch` or
/// `not_canonical` on the first wrong value.
void verify_update(const Shape& shape, const UpdateStatement& statement,
                   std::span<const UpdatePartitionProof> proofs, const Threads& threads, Control& control);

}  // namespace seal
