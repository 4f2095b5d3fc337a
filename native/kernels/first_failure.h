// The first failure of several threads, carried to the thread that started them.
#pragma once

#include <mutex>
#include <new>
#include <optional>
#include <string>

#include "kernels/failure.h"

namespace seal {

/// Stands in for std::exception_ptr, whose code needs a newer libstdc++ than the oldest we serve.
class FirstFailure {
 public:
  /// Runs `work`; what it throws is kept when it is the first. Returns whether it went well.
  template <typename Work>
  bool guard(Work work) {
    try {
      work();
      return true;
    } catch (const Failure& failure) {
      keep(failure);
    } catch (const std::bad_alloc&) {
      keep(Failure(FailureCode::out_of_memory, "not enough memory"));
    } catch (const std::exception& thrown) {
      keep(Failure(FailureCode::internal, thrown.what()));
    }
    return false;
  }

  const std::optional<Failure>& failure() const { return failure_; }

  /// After all threads have ended.
  void rethrow_if_any() const {
    if (failure_) throw Failure(*failure_);
  }

 private:
  void keep(Failure failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }

  std::mutex mutex_;
  std::optional<Failure> failure_;
};

}  // namespace seal
