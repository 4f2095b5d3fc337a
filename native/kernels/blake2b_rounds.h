// The rounds of BLAKE2b on words of any type: those of one message, or of several messages side by side.
#pragma once

#include <cstdint>

namespace seal {

constexpr std::uint8_t blake2b_sigma[12][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                                {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                                {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                                {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                                {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                                {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                                {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                                {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                                {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                                {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
                                                {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                                {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

/// All twelve rounds. `mix(a, b, c, d, x, y)` mixes the state's words a to d with the message's words x and
/// y. The rounds are unrolled, so that message words that are zero at compile time cost nothing.
template <typename Mix>
inline void blake2b_rounds(Mix mix) {
#pragma GCC unroll 12
  for (unsigned round = 0; round < 12; ++round) {
    const std::uint8_t(&sigma)[16] = blake2b_sigma[round];
    mix(0, 4, 8, 12, sigma[0], sigma[1]);
    mix(1, 5, 9, 13, sigma[2], sigma[3]);
    mix(2, 6, 10, 14, sigma[4], sigma[5]);
    mix(3, 7, 11, 15, sigma[6], sigma[7]);
    mix(0, 5, 10, 15, sigma[8], sigma[9]);
    mix(1, 6, 11, 12, sigma[10], sigma[11]);
    mix(2, 7, 8, 13, sigma[12], sigma[13]);
    mix(3, 4, 9, 14, sigma[14], sigma[15]);
  }
}

}  // namespace seal
