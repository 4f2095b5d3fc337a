#include "kernels/challenge.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "kernels/blake2b.h"
#include "kernels/chacha.h"
#include "kernels/failure.h"
#include "kernels/sha256.h"

namespace seal {

namespace {

constexpr std::string_view non_interactive_domain = "filecoin.io|PoRep|1|NonInteractive|1";
constexpr std::string_view generation_domain = "filecoin.io|PoRep|1|Synthetic|1|Generation";
constexpr std::string_view selection_domain = "filecoin.io|PoRep|1|Synthetic|1|Selection";

Node keyed_digest(std::string_view key, const Node& first, const Node& second) {
  std::uint8_t message[2 * node_bytes];
  std::memcpy(message, first.data(), node_bytes);
  std::memcpy(message + node_bytes, second.data(), node_bytes);
  Node digest;
  blake2b(digest.data(), digest.size(), message, sizeof message, key.data(), key.size());
  return digest;
}

/// Bytes of the ChaCha20 keystream with the nonce of docs/spec/sealing.md section 12.3, from any offset.
void synthetic_keystream(const Node& key, std::uint64_t offset, std::uint8_t* to, std::size_t bytes) {
  constexpr std::uint8_t nonce[12] = {'s', 'y', 'n', 't', 'h', '-', 'p', 'o', 'r', 'e', 'p', 0};
  constexpr std::size_t block_bytes = 64;
  std::uint32_t state[16];
  chacha_key(state, key.data());
  for (unsigned i = 0; i < 3; ++i) state[13 + i] = load_le32(nonce + 4 * i);
  while (bytes > 0) {
    std::uint32_t block[16];
    state[12] = static_cast<std::uint32_t>(offset / block_bytes);
    chacha_block(state, 20, block);
    std::uint8_t stream[block_bytes];
    for (unsigned i = 0; i < 16; ++i) store_le32(stream + 4 * i, block[i]);
    const std::size_t skipped = offset % block_bytes;
    const std::size_t taken = std::min(bytes, block_bytes - skipped);
    std::memcpy(to, stream + skipped, taken);
    to += taken;
    offset += taken;
    bytes -= taken;
  }
}

/// The challenges of one partition, digest number j = per_partition * partition + i.
template <typename DigestOf>
std::vector<std::uint64_t> partition_challenges(std::uint64_t nodes, unsigned partition,
                                                unsigned per_partition, DigestOf digest_of) {
  std::vector<std::uint64_t> challenges;
  for (unsigned i = 0; i < per_partition; ++i) {
    std::uint8_t number[4];
    store_le32(number, per_partition * partition + i);
    const Node digest = digest_of(number);
    challenges.push_back(challenge_of_digest(digest.data(), nodes));
  }
  return challenges;
}

}  // namespace

ChallengeCounts challenge_counts(const Shape& shape, PorepFeature feature) {
  if (feature != PorepFeature::non_interactive)
    return {shape.porep_partitions, shape.challenges_per_partition()};
  const bool large = shape.porep_partitions > 1;
  return large ? ChallengeCounts{126, 18} : ChallengeCounts{13, 2};
}

std::uint64_t challenge_of_digest(const std::uint8_t digest[32], std::uint64_t nodes) {
  unsigned __int128 remainder = 0;
  for (int limb = 3; limb >= 0; --limb) {
    remainder = ((remainder << 64) | load_le64(digest + 8 * limb)) % (nodes - 1);
  }
  return static_cast<std::uint64_t>(remainder) + 1;
}

std::vector<std::uint64_t> interactive_challenges(std::uint64_t nodes, const Node& replica_id,
                                                  const Node& seed, unsigned partition,
                                                  unsigned per_partition) {
  return partition_challenges(nodes, partition, per_partition, [&](const std::uint8_t number[4]) {
    return Sha256()
        .update(replica_id.data(), node_bytes)
        .update(seed.data(), node_bytes)
        .update(number, 4)
        .digest();
  });
}

std::vector<std::uint64_t> non_interactive_challenges(std::uint64_t nodes, const Node& replica_id,
                                                      const Node& comm_r, unsigned partition,
                                                      unsigned per_partition) {
  return partition_challenges(nodes, partition, per_partition, [&](const std::uint8_t number[4]) {
    return Sha256()
        .update(non_interactive_domain.data(), non_interactive_domain.size())
        .update(replica_id.data(), node_bytes)
        .update(comm_r.data(), node_bytes)
        .update(number, 4)
        .digest();
  });
}

SyntheticChallenges::SyntheticChallenges(std::uint64_t nodes, const Node& replica_id, const Node& comm_r)
    : nodes_(nodes), key_(keyed_digest(generation_domain, replica_id, comm_r)) {}

std::uint64_t SyntheticChallenges::at(std::uint64_t index) const {
  std::uint8_t digest[32];
  synthetic_keystream(key_, index * sizeof digest, digest, sizeof digest);
  return challenge_of_digest(digest, nodes_);
}

Node SyntheticChallenges::selection_key(const Node& replica_id, const Node& seed) {
  return keyed_digest(selection_domain, replica_id, seed);
}

std::vector<std::uint64_t> SyntheticChallenges::selected(std::uint64_t count, const Node& replica_id,
                                                         const Node& seed, unsigned partition,
                                                         unsigned per_partition) {
  const Node key = selection_key(replica_id, seed);
  std::vector<std::uint8_t> stream(4 * per_partition);
  synthetic_keystream(key, stream.size() * partition, stream.data(), stream.size());
  std::vector<std::uint64_t> indices;
  for (unsigned i = 0; i < per_partition; ++i) indices.push_back(load_le32(&stream[4 * i]) % count);
  return indices;
}

std::vector<std::vector<std::uint64_t>> porep_challenges(const RegisteredProof& proof,
                                                         const ChallengeSource& source) {
  const std::uint64_t nodes = proof.shape->nodes;
  const ChallengeCounts counts = challenge_counts(*proof.shape, proof.feature);
  const SyntheticChallenges synthetic(nodes, source.replica_id, source.comm_r);
  std::vector<std::vector<std::uint64_t>> partitions;
  for (unsigned k = 0; k < counts.partitions; ++k) {
    switch (proof.feature) {
      case PorepFeature::none:
        partitions.push_back(
            interactive_challenges(nodes, source.replica_id, source.seed, k, counts.per_partition));
        break;
      case PorepFeature::non_interactive:
        partitions.push_back(
            non_interactive_challenges(nodes, source.replica_id, source.comm_r, k, counts.per_partition));
        break;
      case PorepFeature::synthetic: {
        std::vector<std::uint64_t> challenges = SyntheticChallenges::selected(
            SyntheticChallenges::count(nodes), source.replica_id, source.seed, k, counts.per_partition);
        for (std::uint64_t& challenge : challenges) challenge = synthetic.at(challenge);
        partitions.push_back(std::move(challenges));
        break;
      }
    }
  }
  return partitions;
}

}  // namespace seal
