#include "kernels/staging.h"

#include <doctest/doctest.h>

#include "kernels/failure.h"
#include "kernels/file.h"
#include "kernels/fr32.h"
#include "test/sealed_fixture.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

TEST_CASE("a staged piece is padded, at its offset, and has the commitment of its payload") {
  Random random(95);
  TemporaryDirectory directory;
  Control control;
  for (const std::uint64_t length :
       {std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{1000}, std::uint64_t{3000000}}) {
    const auto payload = random.bytes(length);
    write_file(directory.file("payload"), payload);
    const std::uint64_t padded = padded_piece_bytes(length);
    remove_file_if_present(directory.file("staged"));
    const Piece piece = stage_piece(
        {directory.file("payload"), length, directory.file("staged"), 2 * padded, padded}, {2, {}}, control);
    PieceHasher hasher;
    hasher.update(payload.data(), payload.size());
    CHECK(piece.commitment == hasher.finish().commitment);
    const auto staged = read_file(directory.file("staged"));
    REQUIRE(staged.size() == 3 * padded);
    CHECK(std::all_of(staged.begin(), staged.begin() + 2 * static_cast<std::ptrdiff_t>(padded),
                      [](std::uint8_t byte) { return byte == 0; }));
    std::vector<std::uint8_t> read(length);
    fr32_unpad_range(&staged[2 * padded], 0, length, read.data());
    CHECK(read == payload);
  }
}

TEST_CASE("a staged file gets its name, or replaces another, when it is complete") {
  Random random(97);
  TemporaryDirectory directory;
  const std::string payload = directory.file("payload");
  const std::string staged = directory.file("staged");
  write_file(payload, random.bytes(1000));
  bool seen = false;
  Control watching([&](const Progress&) { seen = seen || file_exists(staged); });
  stage_piece({payload, 1000, staged, 0, 1024}, {1, {}}, watching);
  CHECK_FALSE(seen);

  const auto first = read_file(staged);
  write_file(payload, random.bytes(1000));
  CHECK_THROWS_AS(stage_piece({payload, 1010, staged, 0, 1024, true}, {1, {}}, watching), Failure);
  CHECK(read_file(staged) == first);
  stage_piece({payload, 100, staged, 0, 128, true}, {1, {}}, watching);
  CHECK(read_file(staged).size() == 128);
}

TEST_CASE("staging a payload into its own file is refused") {
  Random random(98);
  TemporaryDirectory directory;
  Control control;
  const auto payload = random.bytes(127);
  write_file(directory.file("payload"), payload);
  for (const bool replace : {false, true}) {
    CHECK_THROWS_AS(stage_piece({directory.file("payload"), 127, directory.file("payload"), 0, 128, replace},
                                {1, {}}, control),
                    Failure);
    CHECK(read_file(directory.file("payload")) == payload);
  }
}

TEST_CASE("staging that fails does not change the file") {
  Random random(96);
  TemporaryDirectory directory;
  Control control;
  write_file(directory.file("payload"), random.bytes(1000));
  const std::string staged = directory.file("staged");
  CHECK_THROWS_AS(stage_piece({directory.file("payload"), 1001, staged, 0, 1024}, {1, {}}, control), Failure);
  CHECK_THROWS_AS(stage_piece({directory.file("payload"), 1016, staged, 0, 1024}, {1, {}}, control), Failure);
  CHECK_FALSE(file_exists(staged));
  stage_piece({directory.file("payload"), 1000, staged, 0, 1024}, {1, {}}, control);
  const auto before = read_file(staged);
  CHECK_THROWS_AS(stage_piece({directory.file("payload"), 1010, staged, 1024, 1024}, {1, {}}, control),
                  Failure);
  CHECK(read_file(staged) == before);
}
