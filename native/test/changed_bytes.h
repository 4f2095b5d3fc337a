// What a decoder owes to bytes that somebody else wrote.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "kernels/failure.h"
#include "test/vectors.h"

namespace seal::test {

/// Sound bytes cut short, made longer, changed in four of their first `window` places, or replaced
/// altogether.
inline std::vector<std::uint8_t> changed_bytes(Random& random, const std::vector<std::uint8_t>& sound,
                                               std::uint64_t window) {
  auto changed = sound;
  switch (random.below(4)) {
    case 0:
      changed.resize(random.below(sound.size()));
      return changed;
    case 1:
      changed.push_back(0);
      return changed;
    case 2:
      return random.bytes(random.below(2000));
    default:
      for (int i = 0; i < 4; ++i) changed[random.below(window)] = static_cast<std::uint8_t>(random.next());
      return changed;
  }
}

/// Changed bytes are refused as malformed, with an offset, or read so exactly that `recode` (decode, then
/// encode) gives them back.
template <typename Recode>
void check_refused_or_exact(Random& random, const std::vector<std::uint8_t>& sound, std::uint64_t window,
                            Recode recode) {
  for (int round = 0; round < 2000; ++round) {
    const auto changed = changed_bytes(random, sound, window);
    try {
      const auto read = recode(changed);
      CHECK(read == changed);
    } catch (const Failure& failure) {
      CHECK(failure.code() == FailureCode::malformed);
      CHECK(failure.offset().has_value());
    }
  }
}

}  // namespace seal::test
