#include <doctest/doctest.h>

#include <optional>

#include "kernels/cache_files.h"
#include "kernels/commitment.h"
#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/fr32.h"
#include "kernels/precommit1.h"
#include "kernels/precommit2.h"
#include "kernels/sha256.h"
#include "kernels/unseal.h"
#include "test/sealing.h"

using namespace seal;
using namespace seal::test;

namespace {

Node digest_of_file(const std::string& path) {
  const auto bytes = content(path);
  return sha256(bytes.data(), bytes.size());
}

void check_vector(const Json& vector) {
  const std::uint64_t sector_bytes = vector["sector_size"].number();
  Sealing sealing(static_cast<unsigned>(vector["registered_proof"].number()), sector_bytes,
                  static_cast<unsigned>(vector["layers"].number()));
  sealing.sector.actor_id = vector["actor_id"].number();
  sealing.sector.sector_number = vector["sector_number"].number();
  sealing.sector.ticket = vector["ticket"].node();
  if (vector["data"].text() != "zeros") {
    sealing.sector.staged_path = stage_file(sealing.directory, patterned_data(sector_bytes));
  }
  Control control;
  const Precommit1Result one = sealing.phase1(control);
  CHECK(one.comm_d == vector["comm_d"].node());
  CHECK(one.replica_id == vector["replica_id"].node());
  for (unsigned layer = 1; layer <= sealing.shape.layers; ++layer) {
    CHECK(digest_of_file(layer_file(sealing.sector.cache_dir, layer)) ==
          vector["sha256_layers"][layer - 1].node());
  }
  const Precommit2Result two = sealing.phase2(control);
  CHECK(two.comm_d == one.comm_d);
  CHECK(two.comm_c == vector["comm_c"].node());
  CHECK(two.comm_r_last == vector["comm_r_last"].node());
  CHECK(two.comm_r == vector["comm_r"].node());
  if (vector.has("replica_sha256")) {
    CHECK(digest_of_file(sealing.sector.sealed_path) == vector["replica_sha256"].node());
  }
  REQUIRE(vector["tree_c_file_sha256"].size() == sealing.shape.base_trees());
  for (unsigned tree = 0; tree < sealing.shape.base_trees(); ++tree) {
    CHECK(digest_of_file(tree_c_file(sealing.sector.cache_dir, sealing.shape, tree)) ==
          vector["tree_c_file_sha256"][tree].node());
    const File tree_r = File::open_read(tree_r_last_file(sealing.sector.cache_dir, sealing.shape, tree));
    Node root;
    tree_r.read(root.data(), node_bytes, tree_r.size() - node_bytes);
    if (vector.has("tree_r_base_roots")) CHECK(root == vector["tree_r_base_roots"][tree].node());
    if (vector.has("tree_r_last_file_sha256")) {
      const Json& digest = vector["tree_r_last_file_sha256"];
      CHECK(digest_of_file(tree_r.path()) == (digest.size() > 0 ? digest[tree] : digest).node());
    }
  }
  CHECK(read_p_aux(p_aux_file(sealing.sector.cache_dir)) == PersistentAux{two.comm_c, two.comm_r_last});
  CHECK(decode_t_aux(read_small_file(t_aux_file(sealing.sector.cache_dir), 1 << 20), "t_aux") ==
        temporary_aux_of(sealing.shape, sealing.sector.cache_dir));
}

}  // namespace

TEST_CASE("sealing computes the published sealed sectors, byte for byte") {
  const Json file = Json::of_vectors("sealing-comm-r.json");
  unsigned checked = 0;
  for (const Json& vector : file["vectors"].items()) {
    if (vector["sector_size"].number() > 8 << 20) continue;  // 512 MiB is tested in the long run
    check_vector(vector);
    ++checked;
  }
  CHECK(checked == 3);
}

TEST_CASE("every shape, version and layer count seals to its known sector") {
  const Json file = Json::of_vectors("sealing-derived-small.json");
  for (const Json& vector : file["vectors"].items()) check_vector(vector);
}

TEST_CASE("a sector seals to the same replica without any processor extension") {
  limit_cpu_features({});
  const Json file = Json::of_vectors("sealing-derived-small.json");
  check_vector(file["vectors"][0]);
  limit_cpu_features(detected_features());
}

TEST_CASE("unsealing returns the data of any range, for any data") {
  Random random(71);
  for (const std::uint64_t sector_bytes : {std::uint64_t{2048}, std::uint64_t{32768}}) {
    Sealing sealing(5, sector_bytes, 2);
    const auto data = random.bytes(fr32_unpadded_size(sector_bytes) - random.below(500));
    sealing.sector.staged_path = stage_file(sealing.directory, data);
    sealing.sector.actor_id = random.next();
    sealing.sector.sector_number = random.next();
    sealing.sector.ticket = random.node();
    Control control;
    const Precommit1Result one = sealing.phase1(control);
    sealing.phase2(control);

    auto whole = data;
    whole.resize(fr32_unpadded_size(sector_bytes), 0);
    for (int trial = 0; trial < 20; ++trial) {
      UnsealRequest request{sealing.sector.sealed_path,
                            sealing.directory.file("unsealed"),
                            sealing.directory.file("scratch"),
                            trial % 2 == 0 ? "" : layer_file(sealing.sector.cache_dir, 2),
                            sealing.sector.actor_id,
                            sealing.sector.sector_number,
                            sealing.sector.ticket,
                            one.comm_d,
                            0,
                            whole.size()};
      if (trial > 1) {
        request.offset = random.below(whole.size());
        request.bytes = random.below(whole.size() - request.offset) + 1;
      }
      unseal(sealing.proof, request, sealing.options, control);
      const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(request.offset);
      CHECK(content(request.output_path) ==
            std::vector<std::uint8_t>(begin, begin + static_cast<std::ptrdiff_t>(request.bytes)));
    }
    CHECK_FALSE(file_exists(sealing.directory.file("scratch/unseal-layer-0.tmp")));
  }
}

TEST_CASE("unsealing with inputs that do not belong to the replica is refused and leaves no data") {
  Random random(74);
  Sealing sealing(5, 32768, 2);
  sealing.sector.staged_path = stage_file(sealing.directory, random.bytes(fr32_unpadded_size(32768)));
  sealing.sector.ticket = random.node();
  Control control;
  const Precommit1Result one = sealing.phase1(control);
  sealing.phase2(control);
  UnsealRequest request{sealing.sector.sealed_path,
                        sealing.directory.file("unsealed"),
                        sealing.directory.file("scratch"),
                        "",
                        sealing.sector.actor_id,
                        sealing.sector.sector_number,
                        sealing.sector.ticket,
                        one.comm_d,
                        0,
                        fr32_unpadded_size(32768)};
  FailureCode code = FailureCode::mismatch;
  std::string file = request.sealed_path;
  std::optional<std::uint64_t> offset;
  SUBCASE("another ticket") {
    request.ticket[0] ^= 1;
    offset = 0;
  }
  SUBCASE("another sector number, for a range") {
    ++request.sector_number;
    request.offset = 12700;
    request.bytes = 5000;
    offset = 12800;
  }
  SUBCASE("another CommD, where the labels are at hand") {
    request.last_layer_path = layer_file(sealing.sector.cache_dir, 2);
    request.comm_d[0] ^= 1;
  }
  SUBCASE("the replica as the output") {
    request.output_path = request.sealed_path;
    code = FailureCode::invalid_argument;
  }
  SUBCASE("a label that is not a field element") {
    request.last_layer_path = layer_file(sealing.sector.cache_dir, 2);
    const std::vector<std::uint8_t> ones(32, 0xff);
    File::open_update(request.last_layer_path).write(ones.data(), 32, 320);
    code = FailureCode::not_canonical;
    file = request.last_layer_path;
    offset = 320;
  }
  const auto replica = content(request.sealed_path);
  try {
    unseal(sealing.proof, request, sealing.options, control);
    FAIL("nothing was thrown");
  } catch (const Failure& failure) {
    CHECK(failure.code() == code);
    CHECK(failure.file() == file);
    if (code == FailureCode::not_canonical) CHECK(failure.offset() == offset);
    // The first node that detects the mismatch varies.
    if (code == FailureCode::mismatch && offset) CHECK(*failure.offset() - *offset < 32 * node_bytes);
  }
  CHECK_FALSE(file_exists(sealing.directory.file("unsealed")));
  CHECK(content(request.sealed_path) == replica);
}

TEST_CASE("sectors sealed side by side equal sectors sealed alone") {
  Random random(72);
  Sealing alone(5, 32768, 2);
  Sealing beside(5, 32768, 2);
  const auto data = random.bytes(fr32_unpadded_size(32768));
  std::vector<Precommit1Sector> sectors;
  Control control;
  for (unsigned i = 0; i < 2; ++i) {
    Precommit1Sector sector = beside.sector;
    sector.cache_dir += std::to_string(i);
    sector.sealed_path += std::to_string(i);
    sector.staged_path = i == 0 ? "" : stage_file(beside.directory, data);
    sector.sector_number = i;
    sectors.push_back(sector);
  }
  beside.options.label_threads.producers = 1;
  const auto results = precommit1(beside.proof, sectors, beside.options, control);
  alone.sector.staged_path = sectors[1].staged_path;
  alone.sector.sector_number = 1;
  CHECK(alone.phase1(control).replica_id == results[1].replica_id);
  for (unsigned layer = 1; layer <= 2; ++layer) {
    CHECK(content(layer_file(alone.sector.cache_dir, layer)) ==
          content(layer_file(sectors[1].cache_dir, layer)));
  }
}
