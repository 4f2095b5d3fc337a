#include "kernels/update.h"

#include <doctest/doctest.h>

#include "kernels/cache_files.h"
#include "kernels/commitment.h"
#include "kernels/file.h"
#include "kernels/fr32.h"
#include "kernels/poseidon.h"
#include "kernels/sector_update.h"
#include "kernels/update_proof.h"
#include "test/updated_fixture.h"

using namespace seal;
using namespace seal::test;

namespace {

constexpr std::uint64_t KiB = 1024;

std::vector<std::uint64_t> numbers(const Json& list) {
  std::vector<std::uint64_t> result;
  for (const Json& item : list.items()) result.push_back(item.number());
  return result;
}

std::vector<Node> nodes(const Json& list) {
  std::vector<Node> result;
  for (const Json& item : list.items()) result.push_back(item.node());
  return result;
}

}  // namespace

TEST_CASE("update challenges are the published ones") {
  const Json file = Json::of_vectors("sealing-update-challenges.json");
  REQUIRE(file["vectors"].size() >= 16);
  for (const Json& vector : file["vectors"].items()) {
    const std::uint64_t count = vector["nodes"].number();
    const UpdateParameters parameters = update_parameters(count);
    CHECK(parameters.partitions == vector["partitions"].number());
    CHECK(parameters.challenges_per_partition == vector["challenges_per_partition"].number());
    const auto challenges = update_challenges(
        count, file["comm_r_new"].node(), static_cast<unsigned>(vector["partition"].number()), parameters);
    CHECK(challenges == numbers(vector["all_derived"]));
    const auto published = numbers(vector["first_five_published"]);
    CHECK(std::equal(published.begin(), published.end(), challenges.begin()));
  }
}

TEST_CASE("phi is the published one, rho and its inverse are the derived ones") {
  const Json file = Json::of_vectors("sealing-update-derived.json");
  const Node phi = update_phi(file["phi"]["comm_d_new"].node(), file["phi"]["comm_r_old"].node());
  CHECK(phi == file["phi"]["phi"].node());
  const std::uint64_t count = std::uint64_t{1} << 30;
  const UpdateRho rho(phi, count, 10);
  for (const Json& entry : file["rho_for_that_phi"].items()) {
    const std::uint64_t high = entry["high"].number();
    for (const std::uint64_t node : {high << 20, ((high + 1) << 20) - 1}) {
      CHECK(rho.of(node).to_node() == entry["rho"].node());
      CHECK(rho.inverse_of(node).to_node() == entry["rho_inverse"].node());
    }
    CHECK(rho.same_from(high << 20) == 1 << 20);
  }
}

TEST_CASE("phi and rho of the update in lotus-bench's help text are the derived ones") {
  const Json snap = Json::of_vectors("sealing-lotus-bench.json")["snap_2kib"];
  const Node phi = update_phi(snap["comm_d_new"].node(), snap["comm_r_old"].node());
  CHECK(phi == snap["phi_derived"].node());
  const UpdateRho rho(phi, 64, update_parameters(64).h);
  CHECK(rho.of(0).to_node() == snap["rho_derived"][0].node());
  CHECK(rho.of(31).to_node() == snap["rho_derived"][0].node());
  CHECK(rho.of(32).to_node() == snap["rho_derived"][1].node());
}

TEST_CASE("the 2 KiB update equals the derived one, node for node") {
  const Json vector = Json::of_vectors("sealing-update-derived.json")["update_2kib"];
  const Json small = Json::of_vectors("sealing-derived-small.json")["vectors"];
  const Json& sealed = small[small.size() - 1];
  UpdatedFixture fixture(registered_proof(static_cast<unsigned>(sealed["registered_proof"].number())),
                         vector["new_data_padded"].bytes(), sealed["ticket"].node());
  CHECK(read_file(fixture.key.sealed()) == vector["sector_key"].bytes());
  CHECK(fixture.statement.comm_r_old == vector["comm_r_old"].node());
  CHECK(fixture.result.comm_d_new == vector["comm_d_new"].node());
  CHECK(read_file(fixture.replica()) == vector["new_replica"].bytes());
  CHECK(fixture.result.comm_r_last_new == vector["comm_r_last_new"].node());
  CHECK(fixture.result.comm_r_new == vector["comm_r_new"].node());
  const PersistentAux aux = read_p_aux(p_aux_file(fixture.update_cache()));
  CHECK(aux.comm_c == vector["comm_c"].node());
  CHECK(aux.comm_r_last == vector["comm_r_last_new"].node());
  CHECK(read_file(t_aux_file(fixture.update_cache())) == read_file(t_aux_file(fixture.key.cache())));

  const auto proofs = prove_update(fixture.shape(), fixture.statement, fixture.files(), fixture.key.threads,
                                   fixture.key.control);
  REQUIRE(proofs.size() == 1);
  CHECK(proofs[0].comm_c == vector["comm_c"].node());
  CHECK(proofs[0].apex_leaves == nodes(vector["apex_leaves"]));
  const UpdateParameters parameters = update_parameters(fixture.shape().nodes);
  CHECK(update_challenges(64, fixture.statement.comm_r_new, 0, parameters) ==
        numbers(vector["challenges_partition_0"]));
  CHECK(update_public_inputs(0, parameters, fixture.statement.comm_r_old, fixture.statement.comm_d_new,
                             fixture.statement.comm_r_new) == nodes(vector["circuit_public_inputs"]));
}

TEST_CASE("an update is proven, decoded and reverted for every tree shape") {
  Random random(91);
  for (const std::uint64_t bytes : {2 * KiB, 4 * KiB, 16 * KiB, 32 * KiB}) {
    CAPTURE(bytes);
    const auto data = random_sector(bytes, random);
    UpdatedFixture fixture(proof_for(bytes, 5), data, random.node());
    const auto proofs = prove_update(fixture.shape(), fixture.statement, fixture.files(), fixture.key.threads,
                                     fixture.key.control);
    CHECK(proofs.size() == update_parameters(fixture.shape().nodes).partitions);
    for (const UpdatePartitionProof& proof : proofs) {
      CHECK(decode_update_partition(encode_update_partition(proof)) == proof);
    }

    const std::uint64_t unpadded = fr32_unpadded_size(bytes);
    for (int round = 0; round < 12; ++round) {
      const std::uint64_t offset = round == 0 ? 0 : random.below(unpadded);
      const std::uint64_t length = round == 0 ? unpadded : random.below(unpadded - offset) + 1;
      decode_update(fixture.shape(),
                    {fixture.replica(), fixture.key.sealed(), fixture.key.directory.file("decoded"),
                     fixture.statement.comm_d_new, fixture.statement.comm_r_old, offset, length},
                    fixture.key.threads, fixture.key.control);
      std::vector<std::uint8_t> expected(length);
      fr32_unpad_range(data.data(), offset, length, expected.data());
      CHECK(read_file(fixture.key.directory.file("decoded")) == expected);
    }

    const std::string again = fixture.key.directory.file("key-again");
    const std::string cache = fixture.key.directory.file("key-cache");
    remove_update(fixture.shape(),
                  {fixture.replica(), fixture.new_data(), again, cache, fixture.statement.comm_d_new,
                   fixture.key.phase2.comm_c, fixture.statement.comm_r_old},
                  fixture.key.threads, fixture.key.control);
    CHECK(read_file(again) == read_file(fixture.key.sealed()));
    CHECK(read_file(p_aux_file(cache)) == read_file(p_aux_file(fixture.key.cache())));
    CHECK(read_file(t_aux_file(cache)).size() > 0);
    for (unsigned tree = 0; tree < fixture.shape().base_trees(); ++tree) {
      CHECK(read_file(tree_r_last_file(cache, fixture.shape(), tree)) ==
            read_file(tree_r_last_file(fixture.key.cache(), fixture.shape(), tree)));
    }
  }
}
