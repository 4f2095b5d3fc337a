#include "test/go_random.h"

namespace seal::test {

GoRandom::GoRandom(std::uint32_t seed) : state_(seeded(seed, 20)) {
  for (unsigned i = 0; i < length; ++i) state_[i] ^= cooked()[i];
}

std::vector<std::uint8_t> GoRandom::bytes(std::size_t bytes) {
  std::vector<std::uint8_t> result;
  result.reserve(bytes);
  while (result.size() < bytes) {
    const auto word = static_cast<std::uint32_t>(next() >> 31);
    for (unsigned shift = 0; shift < 32; shift += 8) {
      result.push_back(static_cast<std::uint8_t>(word >> shift));
    }
  }
  return result;
}

/// Makes each word of the state from three numbers of x := 48271 x mod (2^31 - 1).
GoRandom::State GoRandom::seeded(std::uint32_t seed, unsigned shift) {
  State state;
  std::uint64_t x = seed;
  const auto step = [&x] { return x = x * 48271 % 0x7fff'ffff; };
  for (int i = 0; i < 20; ++i) step();
  for (std::uint64_t& word : state) {
    word = step() << (2 * shift);
    word ^= step() << shift;
    word ^= step();
  }
  return state;
}

/// The state that Go adds to every seed: that of seed 1 after 7.8e12 steps. One step is y(n) = y(n - 607) +
/// y(n - 273), so step n is z^n modulo z^607 - z^334 - 1, a polynomial of weights for the first 607 values.
const GoRandom::State& GoRandom::cooked() {
  static const State state = [] {
    const auto reduced = [](std::vector<std::uint64_t> product) {
      for (std::size_t i = product.size() - 1; i >= length; --i) {
        product[i - length] += product[i];
        product[i - tap] += product[i];
      }
      product.resize(length);
      return product;
    };
    const auto times = [&](const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
      std::vector<std::uint64_t> product(2 * length, 0);
      for (unsigned i = 0; i < length; ++i) {
        for (unsigned j = 0; j < length; ++j) product[i + j] += a[i] * b[j];
      }
      return reduced(product);
    };
    std::vector<std::uint64_t> z(length, 0);
    z[1] = 1;
    std::vector<std::uint64_t> power(length, 0);
    power[0] = 1;
    constexpr std::uint64_t steps = 7'800'000'000'000;
    for (int bit = 42; bit >= 0; --bit) {
      power = times(power, power);
      if (steps >> bit & 1) power = times(power, z);
    }

    // The generator stores values in reverse order: its first sum is of positions 333 and 606.
    const State start = seeded(1, 10);
    const auto place = [](std::uint64_t time) {
      return (length - tap + length - 1 - time % length) % length;
    };
    State result;
    for (unsigned time = 0; time < length; ++time) {
      std::uint64_t sum = 0;
      for (unsigned i = 0; i < length; ++i) sum += power[i] * start[place(i)];
      result[place(steps + time)] = sum;
      power = times(power, z);
    }
    return result;
  }();
  return state;
}

std::uint64_t GoRandom::next() {
  tap_ = (tap_ + length - 1) % length;
  feed_ = (feed_ + length - 1) % length;
  return state_[feed_] += state_[tap_];
}

}  // namespace seal::test
