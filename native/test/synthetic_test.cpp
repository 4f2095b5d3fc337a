#include "kernels/synthetic.h"

#include <doctest/doctest.h>

#include "kernels/cache_files.h"
#include "kernels/commit1.h"
#include "kernels/failure.h"
#include "test/sealed_fixture.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

constexpr std::uint64_t KiB = 1024;

/// A sealed sector whose proof works with synthetic challenges.
SealedFixture synthetic_fixture(std::uint64_t sector_bytes) {
  return {proof_for(sector_bytes, 10), pattern_sector(sector_bytes), filled(2), filled(3)};
}

/// Writes the synthetic proofs of a sector to its cache; returns the path of the file.
std::string synthetic_file(SealedFixture& fixture) {
  const std::string path = synthetic_proofs_file(fixture.cache());
  write_synthetic_proofs(fixture.proof, fixture.vanilla_statement(),
                         SealedSector(fixture.proof, fixture.cache(), fixture.sealed()), path,
                         fixture.threads, fixture.control);
  return path;
}

Commit1Output commit1_of(SealedFixture& fixture) {
  return commit1(fixture.proof, fixture.statement, fixture.cache(), fixture.sealed(), fixture.threads,
                 fixture.control);
}

}  // namespace

TEST_CASE("the synthetic file yields the same proofs as the layers, and replaces them") {
  for (const std::uint64_t bytes : {2 * KiB, 4 * KiB}) {
    SealedFixture fixture = synthetic_fixture(bytes);
    const Commit1Output from_layers = commit1_of(fixture);
    const std::string path = synthetic_file(fixture);
    for (unsigned layer = 1; layer <= fixture.proof.shape->layers; ++layer) {
      remove_file_if_present(layer_file(fixture.cache(), layer));
    }
    remove_file_if_present(tree_d_file(fixture.cache()));
    const Commit1Output from_file = commit1_of(fixture);
    CHECK(from_file == from_layers);
    CHECK(read_file(path).size() == synthetic_file_bytes(*fixture.proof.shape));
  }
}

TEST_CASE("a synthetic file with a changed byte in a selected record is refused") {
  Random random(85);
  SealedFixture fixture = synthetic_fixture(2 * KiB);
  const std::string path = synthetic_file(fixture);
  const auto sound = read_file(path);
  const std::uint64_t record = synthetic_record_bytes(*fixture.proof.shape);
  const auto selected = SyntheticChallenges::selected(64, replica_id_of(fixture.proof, fixture.statement),
                                                      fixture.statement.seed, 0, 2);
  for (int round = 0; round < 60; ++round) {
    auto changed = sound;
    changed[96 + selected[round % 2] * record + random.below(record)] ^=
        static_cast<std::uint8_t>(1 << random.below(8));
    write_file(path, changed);
    CHECK_THROWS_AS(commit1_of(fixture), Failure);
  }
  // Random records: none of their indices and parents is in the graph.
  for (int round = 0; round < 20; ++round) {
    auto noise = random.bytes(sound.size());
    for (const std::uint64_t index : selected) store_le64(&noise[96 + index * record], random.below(64));
    write_file(path, noise);
    CHECK_THROWS_AS(commit1_of(fixture), Failure);
  }
  auto shorter = sound;
  shorter.pop_back();
  write_file(path, shorter);
  CHECK_THROWS_AS(SyntheticProofs(*fixture.proof.shape, path), Failure);
}
