#include "kernels/merkle_proof.h"

#include <doctest/doctest.h>

#include <numeric>

#include "kernels/failure.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

constexpr std::uint64_t GiB = std::uint64_t{1} << 30;

std::vector<PathElement> path_of(const Json& list) {
  std::vector<PathElement> path;
  for (const Json& item : list.items()) {
    PathElement element{{}, item["index"].number()};
    for (const Json& sibling : item["siblings"].items()) element.siblings.push_back(sibling.node());
    path.push_back(element);
  }
  return path;
}

MerkleProof published_path(const Json& json) {
  return {
      json["root"].node(), json["leaf"].node(), path_of(json["base_path"]), path_of(json["sub_path"]), {}};
}

void verify_alone(const MerkleProof& proof, const PathShape& shape, std::uint64_t leaf) {
  const PathClaim claim{proof, leaf, "path"};
  verify_merkle_proofs({&claim, 1}, shape);
}

}  // namespace

TEST_CASE("published paths of a 32 GiB sector lead to its tree R root") {
  const Json file = Json::of_vectors("sealing-merkle-8-8-0.json");
  const PathShape shape = column_path_shape(shape_of(32 * GiB));
  REQUIRE(file["paths"].size() == 3);
  for (const Json& json : file["paths"].items()) {
    const MerkleProof proof = published_path(json);
    CHECK(proof.root == file["comm_r_last"].node());
    CHECK_NOTHROW(verify_alone(proof, shape, json["challenge"].number()));
    CHECK_THROWS_AS(verify_alone(proof, shape, json["challenge"].number() + 1), Failure);

    MerkleProof completed = proof;
    completed.root = {};
    for (PathElement& element : completed.base) element.index = 0;
    complete_merkle_proof(completed, shape, json["challenge"].number());
    CHECK(completed == proof);
  }
}

TEST_CASE("a path with any change is refused") {
  Random random(82);
  const Json json = Json::of_vectors("sealing-merkle-8-8-0.json")["paths"][0];
  const PathShape shape = column_path_shape(shape_of(32 * GiB));
  const std::uint64_t leaf = json["challenge"].number();
  const MerkleProof sound = published_path(json);
  for (int round = 0; round < 40; ++round) {
    MerkleProof proof = sound;
    PathElement& element = random.below(10) == 9 ? proof.sub[0] : proof.base[random.below(9)];
    switch (random.below(5)) {
      case 0:
        element.siblings[random.below(7)][random.below(31)] ^=
            static_cast<std::uint8_t>(1 << random.below(8));
        break;
      case 1:
        element.index ^= 1 + random.below(7);
        break;
      case 2:
        proof.leaf[random.below(31)] ^= 1;
        break;
      case 3:
        proof.root[random.below(31)] ^= 1;
        break;
      default:
        element.siblings.pop_back();
    }
    CHECK_THROWS_AS(verify_alone(proof, shape, leaf), Failure);
  }
  MerkleProof shorter = sound;
  shorter.base.pop_back();
  CHECK_THROWS_AS(verify_alone(shorter, shape, leaf), Failure);
  CHECK_THROWS_AS(verify_alone(sound, shape, leaf + (std::uint64_t{1} << 30)), Failure);
}

TEST_CASE("verifying several paths reports the wrong one by name") {
  const Json file = Json::of_vectors("sealing-merkle-8-8-0.json");
  const PathShape shape = column_path_shape(shape_of(32 * GiB));
  std::vector<MerkleProof> proofs;
  std::vector<std::uint64_t> leaves;
  for (int copy = 0; copy < 4; ++copy) {
    for (const Json& json : file["paths"].items()) {
      proofs.push_back(published_path(json));
      leaves.push_back(json["challenge"].number());
    }
  }
  const auto verify = [&] {
    std::vector<PathClaim> claims;
    for (std::size_t i = 0; i < proofs.size(); ++i)
      claims.push_back({proofs[i], leaves[i], "path " + std::to_string(i) + " of all"});
    verify_merkle_proofs(claims, shape);
  };
  CHECK_NOTHROW(verify());
  for (const std::size_t wrong : {0, 5, 11}) {
    const MerkleProof sound = proofs[wrong];
    proofs[wrong].base[4].siblings[2][7] ^= 0x10;
    CHECK_THROWS_WITH_AS(
        verify(), ("path " + std::to_string(wrong) + " of all: the path does not lead to its root").c_str(),
        Failure);
    proofs[wrong] = sound;
    leaves[wrong] ^= 8;
    CHECK_THROWS_WITH_AS(
        verify(), ("path " + std::to_string(wrong) + " of all: the path belongs to another leaf").c_str(),
        Failure);
    leaves[wrong] ^= 8;
  }
}
