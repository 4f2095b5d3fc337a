// docs/spec/sealing.md section 13: the first half of the commit phase, C1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/challenge.h"
#include "kernels/control.h"
#include "kernels/sealed_sector.h"
#include "kernels/shape.h"
#include "kernels/threads.h"
#include "kernels/vanilla_proof.h"

namespace seal {

/// The statement of a proof of replication: the sector, its ticket and commitments, and the seed of its
/// challenges. A verifier must obtain it from another source than the proof.
struct SealStatement {
  std::uint64_t actor_id;
  std::uint64_t sector_number;
  Node ticket;
  Node seed;
  Node comm_d;
  Node comm_r;
};

/// The inner structure of the reference's C1 output.
struct Commit1Output {
  std::vector<std::vector<VanillaProof>> partitions;
  Node comm_r;
  Node comm_d;
  Node replica_id;
  Node seed;
  Node ticket;
  bool operator==(const Commit1Output&) const = default;
};

/// Section 13.3.
std::vector<std::uint8_t> encode_commit1(const Commit1Output& output);
/// Throws `malformed`, with the offset, for anything but one complete output.
Commit1Output decode_commit1(std::span<const std::uint8_t> bytes);

/// Replica ID of the statement's sector with a registered proof.
Node replica_id_of(const RegisteredProof& proof, const SealStatement& statement);

/// Opens the challenges of a sealed sector. For a synthetic sector without layers, reads its file of
/// synthetic proofs. Verifies the output before it is returned. Progress stages "vanilla" and "verify" count
/// challenges.
Commit1Output commit1(const RegisteredProof& proof, const SealStatement& statement,
                      const std::string& cache_dir, const std::string& replica_path, const Threads& threads,
                      Control& control);

/// Verifies every value of an output against the statement; recomputes challenges and replica ID. Throws
/// `mismatch` or `not_canonical` on the first wrong value.
void verify_commit1(const RegisteredProof& proof, const SealStatement& statement, const Commit1Output& output,
                    const Threads& threads, Control& control);

/// Groth16 public inputs of one partition (section 13.5), integers as field elements.
std::vector<Node> porep_public_inputs(const Graph& graph, const VanillaStatement& statement,
                                      std::span<const std::uint64_t> challenges);

}  // namespace seal
