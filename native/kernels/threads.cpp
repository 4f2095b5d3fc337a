#include "kernels/threads.h"

#include <sched.h>

#include <atomic>

#include "kernels/first_failure.h"

namespace seal {

void pin_to_cpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu >= 0 && cpu < CPU_SETSIZE) CPU_SET(static_cast<unsigned>(cpu), &set);
  // Not pthread_setaffinity_np, whose symbol is newer than the oldest supported glibc.
  if (sched_setaffinity(0, sizeof set, &set) != 0) {
    throw Failure(FailureCode::invalid_argument, "cannot run on CPU " + std::to_string(cpu));
  }
}

void for_each_item(const Threads& threads, std::uint64_t items,
                   const std::function<void(std::uint64_t item, unsigned worker)>& work) {
  require(threads.count >= 1, "an operation needs at least one thread");
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> failed{false};
  FirstFailure first_failure;

  const auto run = [&](unsigned worker, bool pin) {
    const bool well = first_failure.guard([&] {
      if (pin) pin_to_cpu(threads.cpus[worker % threads.cpus.size()]);
      for (;;) {
        const std::uint64_t item = next.fetch_add(1, std::memory_order_relaxed);
        if (item >= items || failed.load(std::memory_order_relaxed)) return;
        work(item, worker);
      }
    });
    if (!well) failed.store(true, std::memory_order_relaxed);
  };

  if (threads.count == 1 && threads.cpus.empty()) {
    run(0, false);
  } else {
    std::vector<std::thread> workers;
    const bool complete = first_failure.guard([&] {
      workers.reserve(threads.count);
      for (unsigned worker = 0; worker < threads.count; ++worker) {
        workers.push_back(start_thread([&run, &threads, worker] { run(worker, !threads.cpus.empty()); }));
      }
    });
    if (!complete) failed.store(true, std::memory_order_relaxed);
    for (std::thread& worker : workers) worker.join();
  }
  first_failure.rethrow_if_any();
}

}  // namespace seal
