#include "kernels/update_proof.h"

#include <doctest/doctest.h>

#include "kernels/cache_files.h"
#include "kernels/failure.h"
#include "kernels/new_file.h"
#include "kernels/fr32.h"
#include "kernels/poseidon.h"
#include "kernels/update.h"
#include "test/changed_bytes.h"
#include "test/updated_fixture.h"

using namespace seal;
using namespace seal::test;

namespace {

bool holds(UpdatedFixture& fixture, const std::vector<UpdatePartitionProof>& proofs) {
  Control control;
  try {
    verify_update(fixture.shape(), fixture.statement, proofs, {1, {}}, control);
    return true;
  } catch (const Failure&) {
    return false;
  }
}

}  // namespace

TEST_CASE("an update proof with any one bit changed does not verify") {
  Random random(92);
  for (const std::uint64_t bytes : {2 * 1024, 16 * 1024}) {
    UpdatedFixture fixture(proof_for(bytes, 5), random_sector(bytes, random), random.node());
    const auto proofs = prove_update(fixture.shape(), fixture.statement, fixture.files(), fixture.key.threads,
                                     fixture.key.control);
    REQUIRE(holds(fixture, proofs));
    for (int round = 0; round < 150; ++round) {
      const std::uint64_t partition = random.below(proofs.size());
      auto changed = encode_update_partition(proofs[partition]);
      const std::uint64_t at = random.below(changed.size());
      changed[at] ^= static_cast<std::uint8_t>(1 << random.below(8));
      CAPTURE(at);
      auto others = proofs;
      try {
        others[partition] = decode_update_partition(changed);
      } catch (const Failure& failure) {
        CHECK(failure.code() == FailureCode::malformed);
        continue;
      }
      CHECK_FALSE(holds(fixture, others));
    }
  }
}

TEST_CASE("bytes that are not an update proof are refused") {
  Random random(93);
  UpdatedFixture fixture = derived_update();
  const auto bytes = encode_update_partition(prove_update(fixture.shape(), fixture.statement, fixture.files(),
                                                          fixture.key.threads, fixture.key.control)[0]);
  check_refused_or_exact(random, bytes, [](const std::vector<std::uint8_t>& changed) {
    return encode_update_partition(decode_update_partition(changed));
  });
}

TEST_CASE("an update proof does not verify for another statement") {
  UpdatedFixture fixture = derived_update();
  const auto proofs = prove_update(fixture.shape(), fixture.statement, fixture.files(), fixture.key.threads,
                                   fixture.key.control);
  for (Node UpdateStatement::*field :
       {&UpdateStatement::comm_r_old, &UpdateStatement::comm_r_new, &UpdateStatement::comm_d_new}) {
    UpdateStatement other = fixture.statement;
    (other.*field)[3] ^= 1;
    CHECK_THROWS_AS(verify_update(fixture.shape(), other, proofs, fixture.key.threads, fixture.key.control),
                    Failure);
  }
}

TEST_CASE("a forged update is refused even though its commitments are consistent") {
  UpdatedFixture fixture = derived_update();
  const Shape& shape = fixture.shape();
  const auto refused = [&](const UpdateStatement& statement, const std::string& complaint) {
    CAPTURE(complaint);
    try {
      prove_update(shape, statement, fixture.files(), fixture.key.threads, fixture.key.control);
      FAIL_CHECK("it was proven");
    } catch (const Failure& failure) {
      CHECK(failure.code() == FailureCode::mismatch);
      CHECK(std::string(failure.what()).find(complaint) != std::string::npos);
    }
  };
  const auto forged_comm_r = [&] {
    const Node commitments[2] = {fixture.key.phase2.comm_c,
                                 rebuild_tree_r(shape, fixture.replica(), fixture.update_cache())};
    return poseidon_hash(commitments);
  };

  // The key as the update, as if the data had been encoded.
  write_file(fixture.replica(), read_file(fixture.key.sealed()));
  UpdateStatement statement = fixture.statement;
  statement.comm_r_new = forged_comm_r();
  refused(statement, "the new node is not the old one plus data times rho");

  // The data encoded with a wrong CommD.
  statement.comm_d_new[0] ^= 1;
  const UpdateRho rho(update_phi(statement.comm_d_new, statement.comm_r_old), shape.nodes, 1);
  const auto key = read_file(fixture.key.sealed());
  const auto data = read_file(fixture.new_data());
  std::vector<Node> encoded(shape.nodes);
  for (std::uint64_t node = 0; node < shape.nodes; ++node) {
    Node old_node;
    Node data_node;
    std::memcpy(old_node.data(), &key[node * node_bytes], node_bytes);
    std::memcpy(data_node.data(), &data[node * node_bytes], node_bytes);
    REQUIRE_FALSE(update_encode_nodes(&old_node, &data_node, rho.of(node), &encoded[node], 1));
  }
  write_small_file(fixture.replica(), encoded.data(), encoded.size() * node_bytes);
  statement.comm_r_new = forged_comm_r();
  refused(statement, "the data path leads to another CommD");
}
