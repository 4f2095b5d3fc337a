// The rounds of ChaCha on words of any type: those of one block, or of several blocks side by side.
#pragma once

namespace seal {

/// A column round and a diagonal round. `quarter_round(a, b, c, d)` changes four words of `x`.
template <typename Word, typename QuarterRound>
inline void chacha_double_round(Word (&x)[16], QuarterRound quarter_round) {
  quarter_round(x[0], x[4], x[8], x[12]);
  quarter_round(x[1], x[5], x[9], x[13]);
  quarter_round(x[2], x[6], x[10], x[14]);
  quarter_round(x[3], x[7], x[11], x[15]);
  quarter_round(x[0], x[5], x[10], x[15]);
  quarter_round(x[1], x[6], x[11], x[12]);
  quarter_round(x[2], x[7], x[8], x[13]);
  quarter_round(x[3], x[4], x[9], x[14]);
}

}  // namespace seal
