#include <doctest/doctest.h>

#include <optional>

#include "kernels/cache_files.h"
#include "kernels/failure.h"
#include "kernels/file.h"
#include "kernels/fr32.h"
#include "kernels/sector_update.h"
#include "test/updated_fixture.h"

using namespace seal;
using namespace seal::test;

TEST_CASE("an update whose data does not match its pieces leaves no replica") {
  UpdatedFixture fixture = derived_update();
  const std::string replica = fixture.key.directory.file("other-update");
  Node wrong = fixture.result.comm_d_new;
  wrong[0] ^= 1;
  CHECK_THROWS_AS(encode_update(fixture.shape(),
                                {fixture.key.sealed(), fixture.key.cache(), fixture.new_data(), replica,
                                 fixture.key.directory.file("other-cache"), wrong},
                                fixture.key.threads, fixture.key.control),
                  Failure);
  CHECK_FALSE(file_exists(replica));
}

TEST_CASE("data that is not a field element is refused with file and offset") {
  UpdatedFixture fixture = derived_update();
  auto data = read_file(fixture.new_data());
  for (std::size_t i = 0; i < node_bytes; ++i) data[33 * node_bytes + i] = 0xff;
  write_file(fixture.new_data(), data);
  try {
    encode_update(fixture.shape(),
                  {fixture.key.sealed(), fixture.key.cache(), fixture.new_data(), fixture.replica() + "2",
                   fixture.update_cache() + "2", std::nullopt},
                  fixture.key.threads, fixture.key.control);
    FAIL("it was encoded");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::not_canonical);
    CHECK(failure.file() == fixture.new_data());
    CHECK(failure.offset() == 33 * node_bytes);
  }
  CHECK_FALSE(file_exists(fixture.replica() + "2"));
}

TEST_CASE("data beyond the sector is not read, and data that ends early is refused") {
  UpdatedFixture fixture = derived_update();
  auto data = read_file(fixture.new_data());
  const auto encode = [&](const std::string& name) {
    return encode_update(fixture.shape(),
                         {fixture.key.sealed(), fixture.key.cache(), fixture.new_data(),
                          fixture.replica() + name, fixture.update_cache() + name, std::nullopt},
                         fixture.key.threads, fixture.key.control);
  };
  data.resize(data.size() + 100, 0xff);
  write_file(fixture.new_data(), data);
  CHECK(encode("-long").comm_r_new == fixture.result.comm_r_new);
  CHECK(read_file(fixture.replica() + "-long") == read_file(fixture.replica()));

  data.erase(data.end() - 101, data.end());
  write_file(fixture.new_data(), data);
  CHECK_THROWS_AS(encode("-short"), Failure);
  CHECK_FALSE(file_exists(fixture.replica() + "-short"));
}

TEST_CASE("reverting an update with the wrong commitments leaves no key") {
  UpdatedFixture fixture = derived_update();
  const std::string again = fixture.key.directory.file("key-again");
  // The mistake described in docs/spec/sealing.md section 14.3: CommR of the updated sector instead of the
  // key's.
  CHECK_THROWS_AS(
      remove_update(fixture.shape(),
                    {fixture.replica(), fixture.new_data(), again, fixture.key.directory.file("key-cache"),
                     fixture.statement.comm_d_new, fixture.key.phase2.comm_c, fixture.statement.comm_r_new},
                    fixture.key.threads, fixture.key.control),
      Failure);
  CHECK_FALSE(file_exists(again));
  CHECK_FALSE(file_exists(p_aux_file(fixture.key.directory.file("key-cache"))));
}

TEST_CASE("an update is never written over its input") {
  UpdatedFixture fixture = derived_update();
  const auto key = read_file(fixture.key.sealed());
  const auto data = read_file(fixture.new_data());
  const auto replica = read_file(fixture.replica());
  const auto encode_to = [&](const std::string& path) {
    encode_update(fixture.shape(),
                  {fixture.key.sealed(), fixture.key.cache(), fixture.new_data(), path,
                   fixture.update_cache() + "2", std::nullopt},
                  fixture.key.threads, fixture.key.control);
  };
  CHECK_THROWS_AS(encode_to(fixture.key.sealed()), Failure);
  CHECK_THROWS_AS(encode_to(fixture.new_data()), Failure);
  const auto remove_to = [&](const std::string& path) {
    remove_update(fixture.shape(),
                  {fixture.replica(), fixture.new_data(), path, fixture.key.directory.file("key-cache"),
                   fixture.statement.comm_d_new, fixture.key.phase2.comm_c, fixture.statement.comm_r_old},
                  fixture.key.threads, fixture.key.control);
  };
  CHECK_THROWS_AS(remove_to(fixture.replica()), Failure);
  CHECK_THROWS_AS(remove_to(fixture.new_data()), Failure);
  const auto decode_to = [&](const std::string& path) {
    decode_update(fixture.shape(),
                  {fixture.replica(), fixture.key.sealed(), path, fixture.statement.comm_d_new,
                   fixture.statement.comm_r_old, 0, 1},
                  fixture.key.threads, fixture.key.control);
  };
  CHECK_THROWS_AS(decode_to(fixture.replica()), Failure);
  CHECK_THROWS_AS(decode_to(fixture.key.sealed()), Failure);
  CHECK(read_file(fixture.key.sealed()) == key);
  CHECK(read_file(fixture.new_data()) == data);
  CHECK(read_file(fixture.replica()) == replica);
}

TEST_CASE("decoding an update with commitments of another is refused and leaves no data") {
  UpdatedFixture fixture = derived_update();
  const std::string output = fixture.key.directory.file("decoded");
  UpdateDecodeRequest request{fixture.replica(),
                              fixture.key.sealed(),
                              output,
                              fixture.statement.comm_d_new,
                              fixture.statement.comm_r_old,
                              0,
                              fr32_unpadded_size(2048)};
  SUBCASE("the CommR of the update in place of the key's") {
    request.comm_r_old = fixture.statement.comm_r_new;
  }
  SUBCASE("another CommD") {
    request.comm_d_new[0] ^= 1;
  }
  try {
    decode_update(fixture.shape(), request, fixture.key.threads, fixture.key.control);
    FAIL("it was decoded");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::mismatch);
    CHECK(failure.file() == fixture.replica());
  }
  CHECK_FALSE(file_exists(output));
}

TEST_CASE("a t_aux of the key that cannot be read is reported by name") {
  UpdatedFixture fixture = derived_update();
  const std::string t_aux = t_aux_file(fixture.key.cache());
  write_file(t_aux, {1, 2, 3});
  try {
    encode_update(fixture.shape(),
                  {fixture.key.sealed(), fixture.key.cache(), fixture.new_data(), fixture.replica() + "2",
                   fixture.update_cache() + "2", std::nullopt},
                  fixture.key.threads, fixture.key.control);
    FAIL("it was encoded");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::malformed);
    CHECK(failure.file() == t_aux);
    CHECK(failure.offset() == 0);
  }
}

TEST_CASE("a canceled update leaves no replica") {
  UpdatedFixture fixture = derived_update();
  Control control([&control](const Progress& progress) {
    if (progress.stage == "tree-r") control.cancel();
  });
  CHECK_THROWS_AS(encode_update(fixture.shape(),
                                {fixture.key.sealed(), fixture.key.cache(), fixture.new_data(),
                                 fixture.replica() + "2", fixture.update_cache() + "2", std::nullopt},
                                fixture.key.threads, control),
                  Failure);
  CHECK_FALSE(file_exists(fixture.replica() + "2"));
  CHECK_FALSE(file_exists(p_aux_file(fixture.update_cache() + "2")));
}
