// The random payloads of the published piece commitments (docs/spec/sealing.md section 18.2): Go's math/rand.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace seal::test {

/// Go's additive lagged Fibonacci generator (math/rand, rng.go), seeded like
/// `rand.New(rand.NewSource(seed))`.
class GoRandom {
 public:
  explicit GoRandom(std::uint32_t seed);
  /// The next values of Uint32, as little-endian bytes; `bytes` is a multiple of 4.
  std::vector<std::uint8_t> bytes(std::size_t bytes);

 private:
  static constexpr unsigned length = 607;
  static constexpr unsigned tap = 273;
  using State = std::array<std::uint64_t, length>;

  static State seeded(std::uint32_t seed, unsigned shift);
  static const State& cooked();
  std::uint64_t next();

  State state_;
  unsigned tap_ = 0;
  unsigned feed_ = length - tap;
};

}  // namespace seal::test
