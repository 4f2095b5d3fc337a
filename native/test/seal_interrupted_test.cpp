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
#include "test/sealing.h"

using namespace seal;
using namespace seal::test;

TEST_CASE("phase 1 resumes after the last correct layer") {
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

TEST_CASE("canceling at any time leaves only complete files, from which sealing resumes") {
  Random random(73);
  Sealing whole(5, 32768, 2);
  Control quiet;
  whole.phase1(quiet);
  const Precommit2Result expected = whole.phase2(quiet);
  for (int trial = 0; trial < 12; ++trial) {
    Sealing sealing(5, 32768, 2);
    sealing.options.parent_cache_dir = whole.options.parent_cache_dir;
    for (const bool second : {false, true}) {
      // Number of reports before the cancellation. Stages report at their beginning and end; the cancellation
      // precedes the end of the last stage.
      auto reports = static_cast<std::int64_t>(random.below(second ? 3 : 5));
      Control* canceling = nullptr;
      Control control([&](const Progress&) {
        if (reports-- <= 0) canceling->cancel();
      });
      canceling = &control;
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

TEST_CASE("phase 1 that cannot read its data does not change an existing sector") {
  Sealing sealing(5, 2048, 2);
  Control control;
  sealing.phase1(control);
  sealing.phase2(control);
  const auto replica = content(sealing.sector.sealed_path);
  const auto refused = [&](const std::string& staged) {
    sealing.sector.staged_path = staged;
    CHECK_THROWS_AS(sealing.phase1(control), Failure);
    CHECK(content(sealing.sector.sealed_path) == replica);
    CHECK(file_exists(p_aux_file(sealing.sector.cache_dir)));
  };
  SUBCASE("because there is none") {
    refused(sealing.directory.file("missing"));
  }
  SUBCASE("because it is longer than a sector") {
    File::open_or_create(sealing.directory.file("long")).resize(2049);
    refused(sealing.directory.file("long"));
  }
  SUBCASE("because it lies in the file that it is to be copied to") {
    refused(sealing.sector.sealed_path);
  }
}

TEST_CASE("a phase that starts again removes the files that mark later phases as complete") {
  Sealing sealing(10, 2048, 2);
  Control control;
  const std::string& cache = sealing.sector.cache_dir;
  const auto pretend_proofs = [&] { write_small_file(synthetic_proofs_file(cache), "proofs", 6); };
  sealing.phase1(control);
  pretend_proofs();
  sealing.phase2(control);
  CHECK_FALSE(file_exists(synthetic_proofs_file(cache)));
  CHECK(file_exists(p_aux_file(cache)));
  pretend_proofs();
  sealing.phase1(control);
  CHECK_FALSE(file_exists(synthetic_proofs_file(cache)));
  CHECK_FALSE(file_exists(p_aux_file(cache)));
}

TEST_CASE("sealing a sector that is already being sealed is refused") {
  Sealing sealing(5, 2048, 2);
  Control quiet;
  sealing.phase1(quiet);
  remove_file_if_present(layer_file(sealing.sector.cache_dir, 2));
  NewFile layer(layer_file(sealing.sector.cache_dir, 2));
  layer.file().write("label", 5, 0);
  CHECK_THROWS_AS(sealing.phase1(quiet), Failure);
  CHECK(content(layer.file().path()).size() == 5);
}

TEST_CASE("data that does not match its pieces is refused") {
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

TEST_CASE("an invalid input file is reported with file and offset") {
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

  SUBCASE("staged data that is not a field element") {
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
  SUBCASE("a layer that is not a field element") {
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
