// Shared code of the fuzz targets. A target reads untrusted bytes. It may reject them with a Failure; any
// other error is a finding.
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

/// Encoding the decoded value must return the same bytes. Returns whether the decoder accepted them; a
/// rejection must have an offset within the bytes.
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

/// Takes values from the front of the input; after its end, zeros and empty strings.
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
