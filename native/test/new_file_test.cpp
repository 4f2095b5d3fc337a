#include "kernels/new_file.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <thread>

#include "kernels/failure.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

TEST_CASE("a new file gets its name when it is complete") {
  TemporaryDirectory directory;
  const std::string path = directory.file("data");
  {
    NewFile file(path);
    file.file().write("half", 4, 0);
    CHECK_FALSE(file_exists(path));
  }
  CHECK_FALSE(file_exists(path));
  CHECK_FALSE(file_exists(path + ".tmp"));
  NewFile file(path);
  file.file().write("whole", 5, 0);
  file.commit(Control());
  CHECK(read_small_file(path, 10) == "whole");
  CHECK_FALSE(file_exists(path + ".tmp"));
}

TEST_CASE("the temporary file of a killed process is truncated and reused") {
  TemporaryDirectory directory;
  const std::string path = directory.file("data");
  File::open_or_create(path + ".tmp").write("left over", 9, 0);
  NewFile file(path);
  CHECK(file.file().size() == 0);
  file.file().write("new", 3, 0);
  file.commit(Control());
  CHECK(read_small_file(path, 10) == "new");
}

TEST_CASE("a file that is being written is refused to other writers and is not damaged") {
  TemporaryDirectory directory;
  const std::string path = directory.file("data");
  NewFile first(path);
  first.file().write("first", 5, 0);
  try {
    NewFile second(path);
    FAIL("two write one file");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::io);
    CHECK(failure.file() == path);
  }
  first.commit(Control());
  CHECK(read_small_file(path, 10) == "first");
  NewFile second(path);
  CHECK(second.file().size() == 0);
  CHECK(read_small_file(path, 10) == "first");
}

TEST_CASE("a waiting writer gets the file after the other, or stops when canceled") {
  TemporaryDirectory directory;
  const std::string path = directory.file("data");
  NewFile first(path);
  Control control;
  control.cancel();
  CHECK_THROWS_AS(NewFile(path, control), Failure);

  std::string found;
  std::thread waiting([&] {
    NewFile second(path, Control());
    found = read_small_file(path, 10);
  });
  first.file().write("first", 5, 0);
  first.commit(Control());
  waiting.join();
  CHECK(found == "first");
}

TEST_CASE("a large file is not synced after its writer was canceled") {
  TemporaryDirectory directory;
  const std::string path = directory.file("data");
  Control control;
  {
    NewFile file(path);
    file.file().resize(std::uint64_t{1} << 30);  // sparse
    control.cancel();
    CHECK_THROWS_AS(file.commit(control), Failure);
  }
  CHECK_FALSE(file_exists(path));
  CHECK_FALSE(file_exists(path + ".tmp"));
  NewFile file(path);
  file.file().resize(std::uint64_t{1} << 30);
  file.commit(Control());
  CHECK(File::open_read(path).size() == std::uint64_t{1} << 30);
}

TEST_CASE("a file is recognized by any of its names") {
  TemporaryDirectory directory;
  write_small_file(directory.file("data"), "data", 4);
  write_small_file(directory.file("other"), "data", 4);
  REQUIRE(::symlink("data", directory.file("symbolic").c_str()) == 0);
  REQUIRE(::link(directory.file("data").c_str(), directory.file("hard").c_str()) == 0);
  const File file = File::open_read(directory.file("data"));
  for (const char* name : {"data", "symbolic", "hard"}) {
    CHECK(file.is_at(directory.file(name)));
    CHECK_THROWS_AS(require_other_file(file, directory.file(name)), Failure);
  }
  for (const char* name : {"other", "missing"}) CHECK_FALSE(file.is_at(directory.file(name)));
}
