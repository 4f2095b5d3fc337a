// What every fuzz target shares. A target reads bytes that somebody else wrote: it may refuse them with a
// Failure, and whatever else goes wrong is a finding.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "kernels/failure.h"

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count);

namespace seal::fuzz {

/// Ends the run with a finding.
[[noreturn]] inline void finding(const char* what) {
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

/// Runs `work`. Returns whether it returned; a Failure of another code than these is a finding.
template <typename Work>
bool accepted(std::initializer_list<FailureCode> refusals, Work work) {
  try {
    work();
    return true;
  } catch (const Failure& failure) {
    for (const FailureCode code : refusals) {
      if (failure.code() == code) return false;
    }
    finding(failure.what());
  }
}

/// Bytes that a decoder takes must be those that its encoder gives for what was read. Returns whether it took
/// them; a refusal must name an offset in them.
template <typename Recode>
bool exact_or_malformed(const std::vector<std::uint8_t>& bytes, Recode recode) {
  try {
    if (recode(bytes) != bytes) finding("what was read is written differently");
    return true;
  } catch (const Failure& failure) {
    if (failure.code() != FailureCode::malformed) finding(failure.what());
    if (failure.offset().value() > bytes.size()) finding("the offset lies outside the bytes");
    return false;
  }
}

/// The input, taken from the front in pieces; zeros and nothing at its end.
class Choices {
 public:
  Choices(const std::uint8_t* bytes, std::size_t count) : at_(bytes), end_(bytes + count) {}

  bool empty() const { return at_ == end_; }
  std::uint8_t byte() { return empty() ? 0 : *at_++; }
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t value = 0;
    for (std::uint64_t range = 1; range < bound; range <<= 8) value = value << 8 | byte();
    return value % bound;
  }
  std::vector<std::uint8_t> bytes(std::uint64_t count) {
    if (count > static_cast<std::uint64_t>(end_ - at_)) count = static_cast<std::uint64_t>(end_ - at_);
    const std::uint8_t* from = at_;
    at_ += count;
    return {from, at_};
  }
  std::vector<std::uint8_t> rest() { return {at_, end_}; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

}  // namespace seal::fuzz
