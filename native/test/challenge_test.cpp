#include "kernels/challenge.h"

#include <doctest/doctest.h>

#include "kernels/commit1.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

std::vector<std::uint64_t> numbers(const Json& list) {
  std::vector<std::uint64_t> result;
  for (const Json& item : list.items()) result.push_back(item.number());
  return result;
}

}  // namespace

TEST_CASE("interactive challenges are the known ones") {
  const Json file = Json::of_vectors("sealing-porep-challenges.json")["interactive"];
  REQUIRE(file["vectors"].size() == 5);
  for (const Json& vector : file["vectors"].items()) {
    const auto partitions = static_cast<unsigned>(vector["partitions"].number());
    const auto challenges = [&](unsigned partition) {
      return interactive_challenges(vector["nodes"].number(), file["replica_id"].node(), file["seed"].node(),
                                    partition, static_cast<unsigned>(vector["per_partition"].number()));
    };
    CHECK(challenges(0) == numbers(vector["first_partition"]));
    CHECK(challenges(partitions - 1) == numbers(vector["last_partition"]));
  }
}

TEST_CASE("non-interactive challenges are the known ones") {
  const Json file = Json::of_vectors("sealing-porep-challenges.json")["non_interactive"];
  REQUIRE(file["vectors"].size() == 4);
  for (const Json& vector : file["vectors"].items()) {
    const auto partitions = static_cast<unsigned>(vector["partitions"].number());
    const auto challenges = [&](unsigned partition) {
      return non_interactive_challenges(vector["nodes"].number(), file["replica_id"].node(),
                                        file["comm_r"].node(), partition,
                                        static_cast<unsigned>(vector["per_partition"].number()));
    };
    CHECK(challenges(0) == numbers(vector["first_partition"]));
    CHECK(challenges(partitions - 1) == numbers(vector["last_partition"]));
  }
}

TEST_CASE("synthetic challenges, keys and selections are the published ones") {
  const Json vector = Json::of_vectors("sealing-porep-challenges.json")["synthetic"][0];
  const Node replica_id = vector["replica_id"].node();
  const Node seed = vector["selection_seed"].node();
  const SyntheticChallenges synthetic(vector["sector_nodes"].number(), replica_id, vector["comm_r"].node());
  CHECK(synthetic.generation_key() == vector["generation_key"].node());
  const std::uint64_t count = vector["synthetic_challenge_count"].number();
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(synthetic.at(i));
  CHECK(all == numbers(vector["synthetic_challenges"]));

  CHECK(SyntheticChallenges::selection_key(replica_id, seed) == vector["selection_key"].node());
  const auto expected = numbers(vector["selected_indexes"]);
  const auto selected =
      SyntheticChallenges::selected(count, replica_id, seed, 0, static_cast<unsigned>(expected.size()));
  CHECK(selected == expected);
  std::vector<std::uint64_t> chosen;
  for (const std::uint64_t index : selected) chosen.push_back(synthetic.at(index));
  CHECK(chosen == numbers(vector["selected_challenges"]));
}

TEST_CASE("synthetic challenges of a 32 GiB sector are the derived ones") {
  const Json vector = Json::of_vectors("sealing-porep-challenges.json")["synthetic"][1];
  const Node replica_id = vector["replica_id"].node();
  const Node seed = vector["selection_seed"].node();
  const std::uint64_t nodes = vector["sector_nodes"].number();
  const SyntheticChallenges synthetic(nodes, replica_id, vector["comm_r"].node());
  const std::uint64_t count = SyntheticChallenges::count(nodes);
  CHECK(count == vector["synthetic_challenge_count"].number());
  const std::vector<std::uint64_t> ends = {synthetic.at(0), synthetic.at(1), synthetic.at(2), synthetic.at(3),
                                           synthetic.at(count - 1)};
  CHECK(ends == numbers(vector["synthetic_challenges_0_1_2_3_and_last"]));
  const auto partition_0 = numbers(vector["partition_0_indexes"]);
  const auto per_partition = static_cast<unsigned>(partition_0.size());
  CHECK(SyntheticChallenges::selected(count, replica_id, seed, 0, per_partition) == partition_0);
  CHECK(SyntheticChallenges::selected(count, replica_id, seed, 9, per_partition) ==
        numbers(vector["partition_9_indexes"]));
}

TEST_CASE("every kind of proof has the network's number of challenges") {
  const Shape& small = shape_of(2048);
  const Shape& large = shape_of(std::uint64_t{32} << 30);
  CHECK(challenge_counts(small, PorepFeature::none).total() == 2);
  CHECK(challenge_counts(large, PorepFeature::none).total() == 180);
  CHECK(challenge_counts(large, PorepFeature::synthetic).total() == 180);
  CHECK(challenge_counts(small, PorepFeature::non_interactive).total() == 26);
  CHECK(challenge_counts(large, PorepFeature::non_interactive).total() == 2268);
}

TEST_CASE("no challenge is node 0 or beyond the sector") {
  Random random(81);
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t nodes = std::uint64_t{64} << random.below(26);
    const Node digest = random.node();
    const std::uint64_t challenge = challenge_of_digest(digest.data(), nodes);
    CHECK(challenge >= 1);
    CHECK(challenge < nodes);
  }
  Node largest;
  largest.fill(0xff);
  // 2^256 - 1 = 0 mod 3, mod 5 and mod 17, hence also mod 255.
  CHECK(challenge_of_digest(largest.data(), 256) == 1);
}

TEST_CASE("the public inputs of a published Groth16 proof follow from its sector and seed") {
  const Json file = Json::of_vectors("sealing-porep-snark.json");
  const RegisteredProof proof = registered_proof(0);
  const auto element = [&](std::size_t index) {  // published big-endian
    const std::string digits = file["public_inputs_hex_be"][index].text().substr(2);
    const auto bytes = from_hex(digits.size() % 2 == 1 ? '0' + digits : digits);
    Node node{};
    std::copy(bytes.rbegin(), bytes.rend(), node.begin());
    return node;
  };
  // Porep id 0 with the parent order of 1.1.0, which no registered proof combines.
  const Graph graph(proof.shape->nodes, file["porep_id"].node(), ApiVersion::v1_1);
  Node prover_id{};
  const Node replica_id = replica_id_of(prover_id, file["sector_number"].number(), file["ticket"].node(),
                                        element(1), file["porep_id"].node());
  CHECK(replica_id == element(0));
  const auto challenges = interactive_challenges(proof.shape->nodes, replica_id, file["seed"].node(), 0, 2);
  CHECK(challenges == numbers(file["challenges"]));
  const auto inputs = porep_public_inputs(graph, {replica_id, element(1), element(2)}, challenges);
  REQUIRE(inputs.size() == file["public_inputs_hex_be"].size());
  for (std::size_t i = 0; i < inputs.size(); ++i) CHECK(inputs[i] == element(i));
}

TEST_CASE("the replica ids of the reference's regression records follow from their fields") {
  const Json file = Json::of_vectors("sealing-regression-records.json");
  REQUIRE(file["records"].size() > 20);
  for (const Json& record : file["records"].items()) {
    CHECK(replica_id_of(record["prover_id"].node(), record["sector_id"].number(), record["ticket"].node(),
                        record["comm_d"].node(),
                        record["porep_id"].node()) == record["replica_id_derived"].node());
  }
}
