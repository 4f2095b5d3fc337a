#include "kernels/commit1.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "kernels/cache_files.h"
#include "kernels/failure.h"
#include "kernels/synthetic.h"
#include "test/changed_bytes.h"
#include "test/sealed_fixture.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

constexpr std::uint64_t KiB = 1024;

SealedFixture derived_fixture() {
  return {registered_proof(5), pattern_sector(2 * KiB), filled(1), filled(1)};
}

/// The length of a C1 output with two challenges, as in the vectors.
std::uint64_t computed_bytes(std::uint64_t sector_bytes) {
  const Json shapes = Json::of_vectors("sealing-shapes.json");
  for (const Json& entry : shapes["entries"].items()) {
    if (entry["sector_bytes"].number() == sector_bytes) return entry["c1_output_bincode_bytes"].number();
  }
  return 0;
}

bool holds(const SealedFixture& fixture, const std::vector<std::uint8_t>& bytes) {
  Control control;
  try {
    verify_commit1(fixture.proof, fixture.statement, decode_commit1(bytes), {1, {}}, control);
    return true;
  } catch (const Failure&) {
    return false;
  }
}

}  // namespace

TEST_CASE("the C1 output of the known 2 KiB sector is the known one, byte for byte") {
  const Json vector = Json::of_vectors("sealing-derived-2kib-full.json")["vector"];
  SealedFixture fixture = derived_fixture();
  CHECK(fixture.statement.comm_r == vector["params"]["comm_r"].node());
  const Commit1Output output = commit1(fixture.proof, fixture.statement, fixture.cache(), fixture.sealed(),
                                       fixture.threads, fixture.control);
  const auto bytes = encode_commit1(output);
  CHECK(bytes == vector["c1"]["bincode_hex"].bytes());
  CHECK(decode_commit1(bytes) == output);
}

TEST_CASE("every tree shape and every kind of proof is proven and verified") {
  struct Case {
    std::uint64_t bytes;
    unsigned registered;
  };
  Random random(83);
  for (const Case& c :
       {Case{2 * KiB, 0}, Case{2 * KiB, 5}, Case{2 * KiB, 10}, Case{2 * KiB, 15}, Case{4 * KiB, 5},
        Case{16 * KiB, 5}, Case{32 * KiB, 5}, Case{32 * KiB, 10}, Case{16 * KiB, 15}}) {
    CAPTURE(c.bytes);
    CAPTURE(c.registered);
    SealedFixture fixture(proof_for(c.bytes, c.registered), random_sector(c.bytes, random), random.node(),
                          random.node());
    const Commit1Output output = commit1(fixture.proof, fixture.statement, fixture.cache(), fixture.sealed(),
                                         fixture.threads, fixture.control);
    const ChallengeCounts counts = challenge_counts(*fixture.proof.shape, fixture.proof.feature);
    CHECK(output.partitions.size() == counts.partitions);
    const auto encoded = encode_commit1(output);
    CHECK(decode_commit1(encoded) == output);
    if (fixture.proof.feature != PorepFeature::non_interactive)
      CHECK(encoded.size() == computed_bytes(c.bytes));
  }
}

TEST_CASE("sizes of C1 outputs and synthetic files are the computed ones") {
  const Json file = Json::of_vectors("sealing-shapes.json");
  for (const Json& entry : file["entries"].items()) {
    const Shape& shape = shape_of(entry["sector_bytes"].number());
    CHECK(synthetic_file_bytes(shape) == entry["synthetic_file_bytes"].number());
  }
}

TEST_CASE("a value in a sealed sector that is not a field element is reported with file and offset") {
  SealedFixture fixture = derived_fixture();
  // Whole rows are changed, because a proof reads only some of the nodes.
  const std::vector<std::uint8_t> ones(2 * KiB, 0xff);
  std::string file;
  SUBCASE("in the replica") {
    file = fixture.sealed();
  }
  SUBCASE("in a layer") {
    file = layer_file(fixture.cache(), 1);
  }
  SUBCASE("in tree C") {
    file = tree_c_file(fixture.cache(), *fixture.proof.shape, 0);
  }
  SUBCASE("in tree R") {
    file = tree_r_last_file(fixture.cache(), *fixture.proof.shape, 0);
  }
  const File damaged = File::open_update(file);
  damaged.write(ones.data(), std::min<std::uint64_t>(ones.size(), damaged.size()), 0);
  try {
    commit1(fixture.proof, fixture.statement, fixture.cache(), fixture.sealed(), fixture.threads,
            fixture.control);
    FAIL("it was proven");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::not_canonical);
    CHECK(failure.file() == file);
    REQUIRE(failure.offset().has_value());
    CHECK(*failure.offset() % node_bytes == 0);
    CHECK(*failure.offset() < ones.size());
  }
}

TEST_CASE("a C1 output with any one bit changed does not verify") {
  struct Case {
    std::uint64_t bytes;
    unsigned registered;
  };
  Random random(84);
  // Base trees only, with a sub tree, with sub and top tree; interactive, synthetic and non-interactive.
  for (const Case& c : {Case{2 * KiB, 5}, Case{16 * KiB, 5}, Case{32 * KiB, 5}, Case{32 * KiB, 10},
                        Case{2 * KiB, 15}, Case{32 * KiB, 15}}) {
    CAPTURE(c.bytes);
    CAPTURE(c.registered);
    SealedFixture fixture(proof_for(c.bytes, c.registered), random_sector(c.bytes, random), random.node(),
                          random.node());
    const auto bytes = encode_commit1(commit1(fixture.proof, fixture.statement, fixture.cache(),
                                              fixture.sealed(), fixture.threads, fixture.control));
    REQUIRE(holds(fixture, bytes));
    for (int round = 0; round < 150; ++round) {
      auto changed = bytes;
      const std::uint64_t at = random.below(bytes.size());
      changed[at] ^= static_cast<std::uint8_t>(1 << random.below(8));
      CAPTURE(at);
      CHECK_FALSE(holds(fixture, changed));
    }
  }
}

TEST_CASE("a C1 output does not verify for another sector, ticket, seed or commitment") {
  SealedFixture fixture = derived_fixture();
  const Commit1Output output = commit1(fixture.proof, fixture.statement, fixture.cache(), fixture.sealed(),
                                       fixture.threads, fixture.control);
  const auto refused = [&](const RegisteredProof& proof, const SealStatement& statement) {
    CHECK_THROWS_AS(verify_commit1(proof, statement, output, fixture.threads, fixture.control), Failure);
  };
  SealStatement other = fixture.statement;
  other.actor_id += 1;
  refused(fixture.proof, other);
  other = fixture.statement;
  other.sector_number += 1;
  refused(fixture.proof, other);
  for (Node SealStatement::*field :
       {&SealStatement::ticket, &SealStatement::seed, &SealStatement::comm_d, &SealStatement::comm_r}) {
    other = fixture.statement;
    (other.*field)[0] ^= 1;
    refused(fixture.proof, other);
  }
  refused(registered_proof(0), fixture.statement);
  refused(registered_proof(15), fixture.statement);
}

TEST_CASE("a sector with one wrong label cannot be proven if a challenge opens that label") {
  SealedFixture fixture = derived_fixture();
  const auto challenges = porep_challenges(fixture.proof, {replica_id_of(fixture.proof, fixture.statement),
                                                           fixture.statement.comm_r, fixture.statement.seed});
  const std::string path = layer_file(fixture.cache(), 1);
  auto layer = read_file(path);
  layer[challenges[0][0] * node_bytes] ^= 1;
  write_file(path, layer);
  CHECK_THROWS_AS(commit1(fixture.proof, fixture.statement, fixture.cache(), fixture.sealed(),
                          fixture.threads, fixture.control),
                  Failure);
}

TEST_CASE("a forged sector is refused even though its commitments are consistent") {
  const auto forged = [](const auto& forge, const std::string& complaint) {
    SealedFixture fixture = derived_fixture();
    const Node replica_id = replica_id_of(fixture.proof, fixture.statement);
    const auto challenges =
        porep_challenges(fixture.proof, {replica_id, fixture.statement.comm_r, fixture.statement.seed});
    const auto change = [&](const std::string& path, std::uint64_t node) {
      auto bytes = read_file(path);
      bytes[node * node_bytes] ^= 1;
      write_file(path, bytes);
    };
    forge(fixture, challenges[0][0], change);
    fixture.forge_comm_r();
    CAPTURE(complaint);
    try {
      commit1(fixture.proof, fixture.statement, fixture.cache(), fixture.sealed(), fixture.threads,
              fixture.control);
      FAIL_CHECK("it was proven");
    } catch (const Failure& failure) {
      CHECK(failure.code() == FailureCode::mismatch);
      CHECK(std::string(failure.what()).find(complaint) != std::string::npos);
    }
  };
  forged(
      [](auto& fixture, std::uint64_t challenge, const auto& change) { change(fixture.sealed(), challenge); },
      "the replica node is not label plus data");
  forged([](auto& fixture, std::uint64_t challenge,
            const auto& change) { change(layer_file(fixture.cache(), 1), challenge); },
         "the label of layer 1 is wrong");
  forged(
      [](auto& fixture, std::uint64_t challenge, const auto& change) {
        change(layer_file(fixture.cache(), 2), challenge);
        change(fixture.sealed(), challenge);
      },
      "the label of layer 2 is wrong");
  forged(
      [](auto& fixture, std::uint64_t challenge, const auto& change) {
        std::uint32_t parents[graph_degree];
        Graph(fixture.proof).parents(static_cast<std::uint32_t>(challenge), parents);
        change(layer_file(fixture.cache(), 1), parents[graph_degree - 1]);
      },
      "is wrong");
}

TEST_CASE("a replica that does not match its tree R is reported with file and offset") {
  SealedFixture fixture = derived_fixture();
  auto replica = read_file(fixture.sealed());
  replica[40 * node_bytes] ^= 1;
  write_file(fixture.sealed(), replica);
  try {
    commit1(fixture.proof, fixture.statement, fixture.cache(), fixture.sealed(), fixture.threads,
            fixture.control);
    FAIL("it was proven");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::mismatch);
    CHECK(failure.file() == fixture.sealed());
    CHECK(failure.offset() == 0);  // the 64 leaves under the one stored node
  }
}

TEST_CASE("bytes that are not a C1 output are refused") {
  Random random(86);
  SealedFixture fixture = derived_fixture();
  const auto bytes = encode_commit1(commit1(fixture.proof, fixture.statement, fixture.cache(),
                                            fixture.sealed(), fixture.threads, fixture.control));
  check_refused_or_exact(random, bytes, [](const std::vector<std::uint8_t>& changed) {
    return encode_commit1(decode_commit1(changed));
  });
}
