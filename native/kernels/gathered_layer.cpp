#include "kernels/gathered_layer.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/first_failure.h"

namespace seal {

namespace {

constexpr std::uint64_t batch_nodes = 32;   // nodes that a producer passes on at once
constexpr std::uint64_t ring_batches = 32;  // 1024 nodes: a few hundred KiB, within the shared cache
constexpr std::uint64_t ring_nodes = batch_nodes * ring_batches;

// Every counter has its own cache line.
struct alignas(64) Counter {
  std::atomic<std::uint64_t> value{0};
};

class Ring {
 public:
  Ring(std::span<const LabelLayer> sectors, unsigned layer, const ParentRows& rows)
      : sectors_(sectors),
        layer_(layer),
        rows_(rows),
        nodes_(rows.nodes()),
        slots_(ring_nodes * sectors.size()) {}

  /// Producer `producer` fills every batch whose number equals `producer` modulo `producers`.
  void produce(unsigned producer, unsigned producers) {
    const std::uint64_t batches = (nodes_ + batch_nodes - 1) / batch_nodes;
    for (std::uint64_t batch = producer; batch < batches; batch += producers) {
      const std::uint64_t first = batch * batch_nodes;
      // The slot is free once the hashing thread has processed its previous content.
      if (!wait([&] { return hashed() + ring_nodes >= std::min(first + batch_nodes, nodes_); })) return;
      const std::uint64_t end = std::min(first + batch_nodes, nodes_);
      rows_.require_sound(first, end - first);
      for (std::uint64_t node = first; node < end; ++node) gather(node);
      filled_[batch % ring_batches].value.store(batch + 1, std::memory_order_release);
    }
  }

  void consume(Control& control) {
    std::uint64_t uncounted = 0;
    for (std::uint64_t first = 0; first < nodes_; first += batch_nodes) {
      const std::uint64_t batch = first / batch_nodes;
      const Counter& filled = filled_[batch % ring_batches];
      if (!wait([&] { return filled.value.load(std::memory_order_acquire) == batch + 1; })) return;
      const std::uint64_t count = std::min(batch_nodes, nodes_ - first);
      label_gathered_nodes(sectors_, layer_, first, count, &slots_[first % ring_nodes * sectors_.size()],
                           rows_.first(), hashed_.value);
      uncounted += count;
      if (uncounted >= ring_nodes || first + count == nodes_) {
        control.advance(uncounted);
        uncounted = 0;
      }
    }
  }

  void stop() { stopped_.store(true, std::memory_order_relaxed); }

 private:
  std::uint64_t hashed() const { return hashed_.value.load(std::memory_order_acquire); }

  /// Spins until the condition is true; returns false when the ring was stopped. A thread that waits long
  /// yields its CPU, in case there are fewer CPUs than threads.
  template <typename Condition>
  bool wait(Condition condition) const {
    constexpr unsigned spins_before_yield = 1000;
    for (unsigned spins = 0; !condition(); ++spins) {
      if (stopped_.load(std::memory_order_relaxed)) return false;
      if (spins < spins_before_yield) {
        pause_spinning();
      } else {
        std::this_thread::yield();
      }
    }
    return true;
  }

  void gather(std::uint64_t node) {
    const std::uint32_t* parents = rows_.of(node);
    const std::uint64_t ready = hashed();
    for (std::size_t s = 0; s < sectors_.size(); ++s) {
      GatheredParents& slot = slots_[node % ring_nodes * sectors_.size() + s];
      slot.missing = 0;
      for (unsigned i = 0; i < base_degree; ++i) {
        if (parents[i] < ready) {
          slot.labels[i] = sectors_[s].current[parents[i]];
        } else {
          slot.missing |= 1u << i;
        }
      }
      if (layer_ == 1) continue;
      for (unsigned i = base_degree; i < graph_degree; ++i) slot.labels[i] = sectors_[s].previous[parents[i]];
    }
  }

  std::span<const LabelLayer> sectors_;
  unsigned layer_;
  const ParentRows& rows_;
  std::uint64_t nodes_;
  std::vector<GatheredParents> slots_;
  Counter filled_[ring_batches];  // batch number + 1 of each slot's content
  Counter hashed_;                // nodes whose labels are final
  std::atomic<bool> stopped_{false};
};

}  // namespace

void label_gathered_layer(std::span<const LabelLayer> sectors, unsigned layer, const ParentRows& rows,
                          const LabelThreads& threads, Control& control) {
  Ring ring(sectors, layer, rows);
  FirstFailure first_failure;
  const auto guarded = [&](auto work) {
    if (!first_failure.guard(work)) ring.stop();
  };

  std::vector<std::thread> crew;
  const auto start = [&](auto work) { crew.push_back(start_thread([&guarded, work] { guarded(work); })); };
  guarded([&] {
    crew.reserve(threads.producers + std::size_t{1});
    for (unsigned producer = 0; producer < threads.producers; ++producer) {
      start([&, producer] {
        if (!threads.producer_cpus.empty()) {
          pin_to_cpu(threads.producer_cpus[producer % threads.producer_cpus.size()]);
        }
        ring.produce(producer, threads.producers);
      });
    }
    start([&] {
      if (threads.consumer_cpu >= 0) pin_to_cpu(threads.consumer_cpu);
      ring.consume(control);
    });
  });
  for (std::thread& member : crew) member.join();
  first_failure.rethrow_if_any();
}

}  // namespace seal
