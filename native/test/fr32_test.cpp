#include "kernels/fr32.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

TEST_CASE("padding has the known results, and unpadding is its inverse") {
  const Json file = Json::of_vectors("sealing-fr32.json");
  REQUIRE(file["vectors"].size() >= 5);
  for (const Json& vector : file["vectors"].items()) {
    const auto unpadded = vector["unpadded"].bytes();
    const auto expected = vector["padded"].bytes();
    std::vector<std::uint8_t> padded(fr32_padded_size(unpadded.size()));
    padded.resize(fr32_pad(unpadded.data(), unpadded.size(), padded.data()));
    CHECK(padded == expected);

    auto blocks = expected;
    blocks.resize(fr32_padded_size(unpadded.size()), 0);
    std::vector<std::uint8_t> back(unpadded.size());
    fr32_unpad_range(blocks.data(), 0, back.size(), back.data());
    CHECK(back == unpadded);
  }
}

TEST_CASE("any range of padded data unpads to the original bytes") {
  Random random(11);
  const auto data = random.bytes(127 * 9);
  std::vector<std::uint8_t> padded(128 * 9);
  CHECK(fr32_pad(data.data(), data.size(), padded.data()) == padded.size());
  for (int trial = 0; trial < 2000; ++trial) {
    const std::uint64_t offset = random.below(data.size());
    const std::size_t bytes = random.below(data.size() - offset + 1);
    std::vector<std::uint8_t> range(bytes);
    fr32_unpad_range(padded.data(), offset, bytes, range.data());
    CHECK(std::equal(range.begin(), range.end(), data.begin() + static_cast<std::ptrdiff_t>(offset)));
  }
}

TEST_CASE("bits 254 and 255 of every padded element are zero") {
  const std::vector<std::uint8_t> ones(127 * 3, 0xff);
  std::vector<std::uint8_t> padded(128 * 3);
  fr32_pad(ones.data(), ones.size(), padded.data());
  for (std::size_t i = 31; i < padded.size(); i += 32) CHECK((padded[i] & 0xc0) == 0);
}
