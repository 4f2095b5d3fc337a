#include "kernels/failure.h"

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

}  // namespace seal
