// Threads of the kernels. The caller chooses their number and CPUs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/failure.h"

namespace seal {

struct Threads {
  unsigned count = 1;
  std::vector<int> cpus;  ///< worker i runs on cpus[i mod size]; empty: chosen by the system
};

/// Runs `work(item, worker)` for every item below `items` on `threads.count` workers, which take items in
/// order. The first exception stops the others and is rethrown after every worker has ended.
void for_each_item(const Threads& threads, std::uint64_t items,
                   const std::function<void(std::uint64_t item, unsigned worker)>& work);

/// Starts a thread; throws `io` when the system cannot create one.
template <typename Work>
std::thread start_thread(Work work) {
  try {
    return std::thread(std::move(work));
  } catch (const std::system_error& refused) {
    throw Failure(FailureCode::io, std::string("cannot start a thread: ") + refused.what());
  }
}

/// Binds the calling thread to one CPU; throws `invalid_argument` when the system rejects the CPU.
void pin_to_cpu(int cpu);

}  // namespace seal
