#include "kernels/file.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "kernels/failure.h"
#include "kernels/new_file.h"
#include "kernels/sector_data.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

template <typename Work>
Failure failure_of(Work work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure;
  }
  return Failure(FailureCode::invalid_argument, "nothing was thrown");
}

}  // namespace

TEST_CASE("a full disk is reported with file and offset") {
  const File full = File::open_update("/dev/full");
  const Failure failure = failure_of([&] { full.write("x", 1, 100); });
  CHECK(failure.code() == FailureCode::io);
  CHECK(failure.file() == "/dev/full");
  CHECK(failure.offset() == 100);
}

TEST_CASE("maps of every pattern and of odd sizes read and write the file") {
  TemporaryDirectory directory;
  const std::uint64_t huge = std::uint64_t{2} << 20;
  for (const std::uint64_t bytes : {std::uint64_t{100}, huge, 3 * huge, 2 * huge + 5000}) {
    for (const auto pattern :
         {FileMap::Pattern::sequential, FileMap::Pattern::sparse, FileMap::Pattern::dense}) {
      const File file = File::open_or_create(directory.file("mapped"));
      file.allocate(bytes);
      {
        FileMap map(file, bytes, FileMap::Access::write, pattern);
        for (std::uint64_t at = 0; at < bytes; at += 97) map.data()[at] = static_cast<std::uint8_t>(at / 97);
        map.data()[bytes - 1] = 0xee;
      }
      const FileMap map(file, bytes, FileMap::Access::read, pattern);
      CHECK(map.size() == bytes);
      std::vector<std::uint8_t> read(bytes);
      file.read(read.data(), bytes, 0);
      CHECK(std::equal(read.begin(), read.end(), map.data()));
      CHECK(read[97] == 1);
      CHECK(read[bytes - 1] == 0xee);
    }
  }
}

TEST_CASE("mapping a file that is too short is refused") {
  TemporaryDirectory directory;
  const File file = File::open_or_create(directory.file("short"));
  file.resize(100);
  CHECK(failure_of([&] { FileMap(file, 200, FileMap::Access::read, FileMap::Pattern::dense); }).code() ==
        FailureCode::wrong_size);
  char buffer[64];
  const Failure failure = failure_of([&] { file.read(buffer, sizeof buffer, 80); });
  CHECK(failure.code() == FailureCode::wrong_size);
  CHECK(failure.offset() == 100);
  CHECK(failure_of([&] { read_small_file(file.path(), 99); }).code() == FailureCode::wrong_size);
}

TEST_CASE("sector data is copied and extended with zeros, and data that is too long is refused") {
  TemporaryDirectory directory;
  Random random(95);
  const auto data = random.bytes(1500);
  write_small_file(directory.file("from"), data.data(), data.size());
  Control control;
  const std::string to = directory.file("to");
  const auto copy = [&](const std::string& from, std::uint64_t sector_bytes) {
    const File source = open_sector_data(directory.file(from), to, sector_bytes);
    copy_sector_data(&source, to, sector_bytes, control);
  };
  copy("from", 2048);
  const std::string copied = read_small_file(to, 4096);
  CHECK(copied.size() == 2048);
  CHECK(copied.substr(0, 1500) == std::string(data.begin(), data.end()));
  CHECK(copied.substr(1500) == std::string(548, '\0'));
  CHECK(failure_of([&] { copy("from", 1024); }).code() == FailureCode::wrong_size);
  CHECK(failure_of([&] { copy("missing", 2048); }).code() == FailureCode::io);
  CHECK(failure_of([&] { copy("to", 2048); }).code() == FailureCode::invalid_argument);
  CHECK(read_small_file(to, 4096) == copied);
  copy_sector_data(nullptr, to, 2048, control);
  CHECK(read_small_file(to, 4096) == std::string(2048, '\0'));
}
