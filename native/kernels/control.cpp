#include "kernels/control.h"

#include <algorithm>
#include <chrono>

#include "kernels/failure.h"

namespace seal {

namespace {

constexpr std::int64_t report_interval_ms = 100;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void Control::checkpoint() const {
  if (cancelled()) throw Failure(FailureCode::cancelled, "the operation was canceled");
}

void Control::begin(std::string stage, std::uint64_t total) {
  checkpoint();
  {
    const std::lock_guard lock(mutex_);
    stage_ = {std::move(stage), 0, std::max<std::uint64_t>(total, 1)};
  }
  done_.store(0);
  report(0);
}

void Control::advance(std::uint64_t units) {
  checkpoint();
  const std::uint64_t done = done_.fetch_add(units) + units;
  std::int64_t due = next_report_.load(std::memory_order_relaxed);
  const std::int64_t now = now_ms();
  const bool last = done >= stage_.total;
  if (!last && (now < due || !next_report_.compare_exchange_strong(due, now + report_interval_ms))) return;
  report(done);
}

void Control::report(std::uint64_t done) {
  if (!report_) return;
  const std::lock_guard lock(mutex_);
  stage_.done = std::max(stage_.done, done);
  report_(stage_);
}

}  // namespace seal
