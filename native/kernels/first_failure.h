// Passes the first exception of several threads to the thread that started them.
#pragma once

#include <mutex>
#include <new>
#include <optional>
#include <string>

#include "kernels/failure.h"

namespace seal {

/// Replaces std::exception_ptr, which requires a newer libstdc++ than the oldest supported one.
class FirstFailure {
 public:
  /// Runs `work` and stores its exception if it is the first. Returns whether `work` succeeded.
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

  /// Call it after all threads have ended.
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
