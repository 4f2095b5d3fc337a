#include "kernels/failure.h"

#include <cstring>

namespace seal {

const char* name_of(FailureCode code) {
  switch (code) {
    case FailureCode::invalid_argument:
      return "invalid-argument";
    case FailureCode::io:
      return "io";
    case FailureCode::wrong_size:
      return "wrong-size";
    case FailureCode::not_canonical:
      return "not-canonical";
    case FailureCode::mismatch:
      return "mismatch";
    case FailureCode::malformed:
      return "malformed";
    case FailureCode::out_of_memory:
      return "out-of-memory";
    case FailureCode::internal:
      return "internal";
    case FailureCode::cancelled:
      return "cancelled";
  }
  return "unknown";
}

void fail_io(const std::string& doing, const std::string& path, int error,
             std::optional<std::uint64_t> offset) {
  const std::string where = offset ? " at offset " + std::to_string(*offset) : std::string();
  throw Failure(FailureCode::io, "cannot " + doing + " " + path + where + ": " + std::strerror(error), path,
                offset);
}

}  // namespace seal
