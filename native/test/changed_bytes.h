// Tests of a decoder with untrusted bytes.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/failure.h"
#include "test/vectors.h"

namespace seal::test {

/// Valid bytes with one to four changes at random places: a bit, a byte, or eight bytes that make a count or
/// an index too large.
inline std::vector<std::uint8_t> changed_bytes(Random& random, const std::vector<std::uint8_t>& sound) {
  constexpr std::uint64_t telling[] = {0,
                                       1,
                                       2,
                                       9,
                                       0xffff'ffff,
                                       0x1'0000'0000,
                                       std::uint64_t{1} << 59,
                                       std::numeric_limits<std::uint64_t>::max() / 32,
                                       std::numeric_limits<std::uint64_t>::max()};
  auto changed = sound;
  for (std::uint64_t changes = random.below(4) + 1; changes > 0; --changes) {
    const std::uint64_t at = random.below(changed.size());
    switch (random.below(3)) {
      case 0:
        changed[at] ^= static_cast<std::uint8_t>(1 << random.below(8));
        break;
      case 1:
        changed[at] = static_cast<std::uint8_t>(random.next());
        break;
      default:
        if (at + 8 <= changed.size()) store_le64(&changed[at], telling[random.below(std::size(telling))]);
    }
  }
  return changed;
}

/// Requires that bytes are either rejected as malformed, with an offset within them, or returned unchanged by
/// `recode` (decode, then encode). Tests valid bytes that are truncated anywhere, extended, changed at every
/// place and at several places at once, and random bytes.
template <typename Recode>
void check_refused_or_exact(Random& random, const std::vector<std::uint8_t>& sound, Recode recode) {
  std::uint64_t read = 0;
  std::uint64_t refused = 0;
  const auto check = [&](const std::vector<std::uint8_t>& bytes) {
    try {
      const auto again = recode(bytes);
      REQUIRE(again == bytes);
      ++read;
    } catch (const Failure& failure) {
      REQUIRE(failure.code() == FailureCode::malformed);
      REQUIRE(failure.offset().value() <= bytes.size());
      ++refused;
    }
  };
  check(sound);
  REQUIRE(read == 1);
  // Counts are at a few places between nodes of 32 bytes, so every place is tested.
  for (std::size_t at = 0; at < sound.size(); ++at) {
    auto changed = sound;
    changed[at] ^= static_cast<std::uint8_t>(1 << random.below(8));
    check(changed);
  }
  for (int round = 0; round < 4000; ++round) {
    check(changed_bytes(random, sound));
    check(random.bytes(random.below(2000)));
  }
  const std::uint64_t refused_before = refused;
  auto longer = sound;
  longer.push_back(0);
  check(longer);
  for (int round = 0; round < 1000; ++round) {
    check({sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(random.below(sound.size()))});
  }
  CHECK(refused == refused_before + 1001);
}

}  // namespace seal::test
