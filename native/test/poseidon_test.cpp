#include "kernels/poseidon.h"

#include <doctest/doctest.h>

#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/sha256.h"
#include "kernels/tree.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

std::vector<Fr> elements_of(const Json& nodes) {
  std::vector<Fr> elements;
  for (const Json& node : nodes.items()) elements.push_back(Fr::from_node(node.node()));
  return elements;
}

Node digest_of(const std::vector<Fr>& elements) {
  Sha256 hash;
  for (const Fr& element : elements) {
    const Node node = element.to_node();
    hash.update(node.data(), node.size());
  }
  return hash.digest();
}

/// The reference's hash_md: hashes each block of 35 elements, extended with zeros, after the hash of the
/// previous blocks.
Fr chained_hash(const std::vector<Fr>& elements) {
  Fr hash = elements[0];
  for (std::size_t at = 1; at < elements.size(); at += 35) {
    std::vector<Fr> block(36, Fr::from_u64(0));
    block[0] = hash;
    for (std::size_t i = 0; i < 35 && at + i < elements.size(); ++i) block[1 + i] = elements[at + i];
    hash = poseidon(block, merkle_tag(36));
  }
  return hash;
}

}  // namespace

TEST_CASE("the generated constants are those of the network") {
  const Json file = Json::of_vectors("sealing-poseidon-params.json");
  REQUIRE(file["instances"].size() == 7);
  for (const Json& instance : file["instances"].items()) {
    const PoseidonConstants& c = poseidon_constants(static_cast<unsigned>(instance["arity"].number()));
    CHECK(c.width == instance["t"].number());
    CHECK(c.full_rounds == instance["full_rounds"].number());
    CHECK(c.partial_rounds == instance["partial_rounds"].number());
    CHECK(c.round_constants.size() == instance["round_constant_count"].number());
    CHECK(digest_of(c.round_constants) == instance["round_constants_sha256"].node());
    CHECK(digest_of(c.mds) == instance["mds_sha256_row_major"].node());
    CHECK(c.start.size() + c.first_half.size() + c.partial_scalar.size() + c.second_half.size() ==
          instance["optimised_constant_count"].number());
  }
}

TEST_CASE("both forms of the permutation have the known states") {
  const Json file = Json::of_vectors("sealing-poseidon-params.json");
  for (const Json& vector : file["permutations_full_state"].items()) {
    const auto arity = static_cast<unsigned>(vector["t"].number() - 1);
    std::vector<Fr> textbook = elements_of(vector["input_state"]);
    std::vector<Fr> optimized = textbook;
    const std::vector<Fr> expected = elements_of(vector["output_state"]);
    poseidon_permute_textbook(arity, textbook);
    poseidon_permute(arity, optimized);
    CHECK(textbook == expected);
    CHECK(optimized == expected);
  }
}

TEST_CASE("Poseidon has the published hashes") {
  const Json file = Json::of_vectors("sealing-poseidon-hash.json");
  REQUIRE(file["vectors"].size() == 12);
  for (const Json& vector : file["vectors"].items()) {
    const std::string& kind = vector["kind"].text();
    CAPTURE(kind);
    if (kind == "merkle_root") {
      std::vector<Node> row;
      for (const Json& leaf : vector["leaves"].items()) row.push_back(leaf.node());
      while (row.size() > 1) {
        std::vector<Node> above(row.size() / 2);
        poseidon_hash_row(2, row.data(), above.data(), above.size());
        row = above;
      }
      CHECK(row[0] == vector["root"].node());
    } else if (kind == "hash_md") {
      CHECK(chained_hash(std::vector<Fr>(71, Fr::from_u64(1))).to_node() == vector["hash"].node());
    } else {
      const std::vector<Fr> inputs = elements_of(vector["preimage"]);
      const Fr tag = Fr::from_u64(vector["domain_tag"].number());
      CHECK(poseidon(inputs, tag).to_node() == vector["hash"].node());
    }
  }
}

TEST_CASE("every Poseidon implementation has the result of the plain one") {
  Random random(31);
  for (const unsigned arity : {2u, 4u, 8u, 11u, 16u}) {
    for (std::size_t count = 0; count <= 19; ++count) {
      std::vector<Node> inputs(count * arity);
      for (Node& input : inputs) input = random.field_node();
      if (!inputs.empty()) {
        inputs[0] = Node{};
        for (unsigned i = 0; i < 4; ++i) store_le64(&inputs.back()[8 * i], field_modulus[i] - (i == 0));
      }
      std::vector<Node> expected(count);
      plain::poseidon_hash_row(arity, inputs.data(), expected.data(), count);
      std::vector<Node> actual(count);
      poseidon_hash_row(arity, inputs.data(), actual.data(), count);
      CHECK(actual == expected);
      if (detected_features().avx2) {
        avx2::poseidon_hash_row(arity, inputs.data(), actual.data(), count);
        CHECK(actual == expected);
      }
      if (detected_features().avx512_ifma) {
        avx512_ifma::poseidon_hash_row(arity, inputs.data(), actual.data(), count);
        CHECK(actual == expected);
      }
    }
  }
}

TEST_CASE("hashing a row reports the first node that is not a field element") {
  std::vector<Node> inputs(24, Node{});
  inputs[13].fill(0xff);
  std::vector<Node> outputs(3);
  try {
    poseidon_hash_row(8, inputs.data(), outputs.data(), 3);
    FAIL("nothing was thrown");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::not_canonical);
    CHECK(failure.offset() == 13);
  }
}

TEST_CASE("published 8-8-0 paths lead to the published root") {
  const Json file = Json::of_vectors("sealing-merkle-8-8-0.json");
  for (const Json& path : file["paths"].items()) {
    Node at = path["leaf"].node();
    for (const char* part : {"base_path", "sub_path"}) {
      for (const Json& element : path[part].items()) {
        std::vector<Node> group;
        for (const Json& sibling : element["siblings"].items()) group.push_back(sibling.node());
        group.insert(group.begin() + static_cast<std::ptrdiff_t>(element["index"].number()), at);
        at = poseidon_hash(group);
      }
    }
    CHECK(at == file["comm_r_last"].node());
  }
}
