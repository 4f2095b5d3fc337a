// Progress and cancellation of a long operation.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace seal {

struct Progress {
  std::string stage;    ///< such as "tree-d" or "layer-3"
  std::uint64_t done;   ///< units of the stage: nodes, unless the operation says otherwise
  std::uint64_t total;  ///< never 0
};

/// Shared by all threads of one operation. Kernel threads report progress, one at a time and at most ten
/// times a second, and at the beginning and end of each stage.
class Control {
 public:
  using Report = std::function<void(const Progress&)>;

  explicit Control(Report report = {}) : report_(std::move(report)) {}

  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

  /// Throws `cancelled` once the caller has asked to stop. Kernels call it at least every 100 ms.
  void checkpoint() const;

  void begin(std::string stage, std::uint64_t total);
  /// Adds finished units of the current stage; also a checkpoint.
  void advance(std::uint64_t units);

 private:
  void report(std::uint64_t done);

  Report report_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  Progress stage_{"", 0, 1};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::int64_t> next_report_{0};  // steady clock, in milliseconds
};

}  // namespace seal
