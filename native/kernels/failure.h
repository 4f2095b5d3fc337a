// The only exception type of the kernels: an error code with the file and the byte offset.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace seal {

enum class FailureCode {
  invalid_argument,  ///< invalid arguments of the caller
  io,                ///< an error of the operating system: open, read, write, full disk
  wrong_size,        ///< a file or buffer has the wrong size
  not_canonical,     ///< 32 bytes that are not a field element (docs/spec/sealing.md section 1)
  mismatch,          ///< a commitment or a proof is wrong
  malformed,         ///< bytes that do not parse
  out_of_memory,     ///< an allocation failed
  internal,          ///< a bug in the kernels
  cancelled          ///< the caller asked to stop
};

/// Stable kebab-case name, which the binding passes on.
const char* name_of(FailureCode code);

class Failure : public std::exception {
 public:
  Failure(FailureCode code, std::string message) : code_(code), message_(std::move(message)) {}
  Failure(FailureCode code, std::string message, std::string file,
          std::optional<std::uint64_t> offset = std::nullopt)
      : code_(code), message_(std::move(message)), file_(std::move(file)), offset_(offset) {}

  const char* what() const noexcept override { return message_.c_str(); }
  FailureCode code() const noexcept { return code_; }
  const std::string& file() const noexcept { return file_; }  ///< empty if there is no file
  std::optional<std::uint64_t> offset() const noexcept { return offset_; }

 private:
  FailureCode code_;
  std::string message_;
  std::string file_;
  std::optional<std::uint64_t> offset_;
};

/// Throws `io`: "cannot DOING PATH" and the text of the error number.
[[noreturn]] void fail_io(const std::string& doing, const std::string& path, int error,
                          std::optional<std::uint64_t> offset = std::nullopt);

/// Throws `invalid_argument` with this text unless the condition holds.
inline void require(bool condition, const char* message) {
  if (!condition) throw Failure(FailureCode::invalid_argument, message);
}

}  // namespace seal
