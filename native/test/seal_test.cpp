#include <doctest/doctest.h>

#include "kernels/cache_files.h"
#include "kernels/commitment.h"
#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/fr32.h"
#include "kernels/precommit1.h"
#include "kernels/precommit2.h"
#include "kernels/sha256.h"
#include "kernels/unseal.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

std::vector<std::uint8_t> content(const std::string& path) {
  const std::string text = read_small_file(path, 1 << 30);
  return {text.begin(), text.end()};
}

Node digest_of_file(const std::string& path) {
  const auto bytes = content(path);
  return sha256(bytes.data(), bytes.size());
}

/// Section 18.3.
std::vector<std::uint8_t> patterned_data(std::uint64_t sector_bytes) {
  std::vector<std::uint8_t> data(fr32_unpadded_size(sector_bytes));
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(7 * i + 3);
  return data;
}

std::string stage_file(const TemporaryDirectory& directory, const std::vector<std::uint8_t>& unpadded) {
  std::vector<std::uint8_t> padded(fr32_padded_size(unpadded.size()));
  padded.resize(fr32_pad(unpadded.data(), unpadded.size(), padded.data()));
  const std::string path = directory.file("staged");
  write_small_file(path, padded.data(), padded.size());
  return path;
}

struct Sealing {
  Shape shape;
  RegisteredProof proof;
  TemporaryDirectory directory;
  Precommit1Sector sector;
  Precommit1Options options;

  Sealing(unsigned proof_number, std::uint64_t sector_bytes, unsigned layers)
      : shape(shape_of(sector_bytes)), proof(registered_proof(proof_number)) {
    shape.layers = layers;
    proof.shape = &shape;
    sector.sealed_path = directory.file("sealed");
    sector.cache_dir = directory.file("cache/s-t01000-1");
    options.parent_cache_dir = directory.file("parents");
    options.threads.count = 2;
  }

  Precommit1Result phase1(Control& control) {
    return precommit1(proof, std::span(&sector, 1), options, control)[0];
  }
  Precommit2Result phase2(Control& control) {
    return precommit2(proof, sector.cache_dir, sector.sealed_path, options.threads, control);
  }
};

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
  CHECK(decode_t_aux(read_small_file(t_aux_file(sealing.sector.cache_dir), 1 << 20)) ==
        temporary_aux_of(sealing.shape, sealing.sector.cache_dir));
}

}  // namespace

TEST_CASE("published sealed sectors come out, byte for byte") {
  const Json file = Json::of_vectors("sealing-comm-r.json");
  unsigned checked = 0;
  for (const Json& vector : file["vectors"].items()) {
    if (vector["sector_size"].number() > 8 << 20) continue;  // the 512 MiB one belongs to the long run
    check_vector(vector);
    ++checked;
  }
  CHECK(checked == 3);
}

TEST_CASE("every shape, version and layer count seals to its known sector") {
  const Json file = Json::of_vectors("sealing-derived-small.json");
  for (const Json& vector : file["vectors"].items()) check_vector(vector);
}

TEST_CASE("a sector seals to the same without any processor extension") {
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

TEST_CASE("sectors sealed side by side are those sealed alone") {
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

TEST_CASE("phase 1 goes on at the last layer that holds") {
  Sealing sealing(5, 2048, 11);
  Control control;
  CHECK(sealing.phase1(control).layers_kept == 0);
  const auto last = content(layer_file(sealing.sector.cache_dir, 11));

  SUBCASE("after an interruption") {
    remove_file_if_present(layer_file(sealing.sector.cache_dir, 8));
    CHECK(sealing.phase1(control).layers_kept == 7);
  }
  SUBCASE("after a layer was damaged") {
    File file = File::open_update(layer_file(sealing.sector.cache_dir, 4));
    file.write("damage", 6, 0);
    file.close();
    CHECK(sealing.phase1(control).layers_kept == 3);
  }
  SUBCASE("after a layer was cut short") {
    File::open_update(layer_file(sealing.sector.cache_dir, 2)).resize(2000);
    CHECK(sealing.phase1(control).layers_kept == 1);
  }
  SUBCASE("from the start for another ticket") {
    sealing.sector.ticket.fill(9);
    CHECK(sealing.phase1(control).layers_kept == 0);
    sealing.sector.ticket.fill(0);
    CHECK(sealing.phase1(control).layers_kept == 0);
  }
  CHECK(content(layer_file(sealing.sector.cache_dir, 11)) == last);
}

TEST_CASE("cancelling at any moment leaves only complete files, and sealing goes on from there") {
  Random random(73);
  Sealing whole(5, 32768, 2);
  Control quiet;
  whole.phase1(quiet);
  const Precommit2Result expected = whole.phase2(quiet);
  for (int trial = 0; trial < 12; ++trial) {
    Sealing sealing(5, 32768, 2);
    sealing.options.parent_cache_dir = whole.options.parent_cache_dir;
    for (const bool second : {false, true}) {
      // Of the reports at the beginning and end of each stage, before the last stage's end.
      auto reports = static_cast<std::int64_t>(random.below(second ? 3 : 5));
      Control* cancelling = nullptr;
      Control control([&](const Progress&) {
        if (reports-- <= 0) cancelling->cancel();
      });
      cancelling = &control;
      bool cancelled = false;
      try {
        if (!second) sealing.phase1(control);
        if (second) sealing.phase2(control);
      } catch (const Failure& failure) {
        cancelled = failure.code() == FailureCode::cancelled;
      }
      CHECK(cancelled);
      const std::string& cache = sealing.sector.cache_dir;
      for (unsigned layer = 1; layer <= 2; ++layer) {
        const std::string path = layer_file(cache, layer);
        CHECK_FALSE(file_exists(path + ".tmp"));
        if (file_exists(path)) CHECK(content(path) == content(layer_file(whole.sector.cache_dir, layer)));
      }
      CHECK_FALSE(file_exists(p_aux_file(cache)));
      if (!second) sealing.phase1(quiet);
    }
    CHECK(sealing.phase2(quiet).comm_r == expected.comm_r);
  }
}

TEST_CASE("data that is not what the pieces say is refused") {
  Sealing sealing(5, 2048, 2);
  sealing.sector.expected_comm_d = Node{};
  Control control;
  try {
    sealing.phase1(control);
    FAIL("nothing was thrown");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::mismatch);
  }
}

TEST_CASE("what is wrong with an input file is told with file and offset") {
  Sealing sealing(5, 2048, 2);
  Control control;
  const auto failure_of = [&](auto work) {
    try {
      work();
    } catch (const Failure& failure) {
      return failure;
    }
    return Failure(FailureCode::invalid_argument, "nothing was thrown");
  };

  SUBCASE("staged data that is no field element") {
    std::vector<std::uint8_t> bytes(2048, 0);
    for (std::size_t i = 96; i < 128; ++i) bytes[i] = 0xff;
    sealing.sector.staged_path = sealing.directory.file("staged");
    write_small_file(sealing.sector.staged_path, bytes.data(), bytes.size());
    const Failure failure = failure_of([&] { sealing.phase1(control); });
    CHECK(failure.code() == FailureCode::not_canonical);
    CHECK(failure.offset() == 96);
  }
  SUBCASE("staged data larger than the sector") {
    const std::vector<std::uint8_t> bytes(2049, 0);
    sealing.sector.staged_path = sealing.directory.file("staged");
    write_small_file(sealing.sector.staged_path, bytes.data(), bytes.size());
    const Failure failure = failure_of([&] { sealing.phase1(control); });
    CHECK(failure.code() == FailureCode::wrong_size);
    CHECK(failure.file() == sealing.sector.staged_path);
  }
  SUBCASE("a layer that is no field element") {
    sealing.phase1(control);
    const std::vector<std::uint8_t> ones(32, 0xff);
    File::open_update(layer_file(sealing.sector.cache_dir, 1)).write(ones.data(), 32, 320);
    const Failure failure = failure_of([&] { sealing.phase2(control); });
    CHECK(failure.code() == FailureCode::not_canonical);
    CHECK(failure.file() == layer_file(sealing.sector.cache_dir, 1));
    CHECK(failure.offset() == 320);
  }
  SUBCASE("a missing layer") {
    sealing.phase1(control);
    remove_file_if_present(layer_file(sealing.sector.cache_dir, 2));
    const Failure failure = failure_of([&] { sealing.phase2(control); });
    CHECK(failure.code() == FailureCode::io);
    CHECK(failure.file() == layer_file(sealing.sector.cache_dir, 2));
  }
}
