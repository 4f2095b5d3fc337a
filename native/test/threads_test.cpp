#include "kernels/threads.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "kernels/control.h"
#include "kernels/failure.h"
#include "kernels/layers.h"

using namespace seal;

TEST_CASE("every item is processed once, whatever the number of threads") {
  for (const unsigned count : {1u, 2u, 5u}) {
    std::vector<std::atomic<int>> times(1000);
    for_each_item({count, {}}, times.size(), [&](std::uint64_t item, unsigned worker) {
      CHECK(worker < count);
      ++times[item];
    });
    for (const auto& time : times) CHECK(time == 1);
  }
}

TEST_CASE("the first exception of a thread stops the others and is rethrown") {
  std::atomic<int> started{0};
  try {
    for_each_item({3, {}}, 1'000'000, [&](std::uint64_t item, unsigned) {
      ++started;
      if (item == 10) throw Failure(FailureCode::mismatch, "item ten", "file", 7);
    });
    FAIL("nothing was thrown");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::mismatch);
    CHECK(failure.file() == "file");
    CHECK(failure.offset() == 7);
  }
  CHECK(started < 1'000'000);
}

TEST_CASE("a thread that cannot be created is reported after the running ones have ended") {
  pthread_attr_t usual;
  pthread_attr_t impossible;
  REQUIRE(pthread_getattr_default_np(&usual) == 0);
  REQUIRE(pthread_getattr_default_np(&impossible) == 0);
  // Larger than the address space.
  REQUIRE(pthread_attr_setstacksize(&impossible, std::size_t{1} << 48) == 0);
  const auto limit = [](const pthread_attr_t& attributes) {
    REQUIRE(pthread_setattr_default_np(&attributes) == 0);
  };
  const auto refused = [&](auto work) {
    limit(impossible);
    std::optional<Failure> told;
    try {
      work();
    } catch (const Failure& failure) {
      told = failure;
    }
    limit(usual);
    REQUIRE(told.has_value());
    CHECK(told->code() == FailureCode::io);
    CHECK(std::string(told->what()).find("cannot start a thread") == 0);
  };
  refused([] { for_each_item({3, {}}, 10, [](std::uint64_t, unsigned) {}); });

  const Graph graph(registered_proof(5));
  std::vector<std::uint32_t> rows(graph.nodes() * graph_degree);
  graph.parents_of_range(0, static_cast<std::uint32_t>(graph.nodes()), rows.data());
  std::vector<Node> labels(graph.nodes());
  const LabelLayer sector{Node{}, nullptr, labels.data()};
  const ParentRows parents(rows.data(), graph.nodes());
  Control control;
  for (const LabelThreads& threads : {LabelThreads{-1, 2, {}}, LabelThreads{0, 0, {}}}) {
    refused([&] { label_layer(std::span(&sector, 1), 1, parents, threads, control); });
  }
}

TEST_CASE("workers run on the CPUs of the list, and a CPU that does not exist is refused") {
  cpu_set_t allowed;
  REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  std::vector<int> cpus;
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  const auto workers = static_cast<unsigned>(cpus.size()) + 1;
  std::atomic<int> misplaced{0};
  for_each_item({workers, cpus}, 10'000, [&](std::uint64_t, unsigned worker) {
    if (sched_getcpu() != cpus[worker % cpus.size()]) ++misplaced;
  });
  CHECK(misplaced == 0);
  // The affinity of the calling thread does not change.
  cpu_set_t after;
  REQUIRE(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&after, &allowed));
  CHECK_THROWS_AS(for_each_item({1, {100000}}, 1, [](std::uint64_t, unsigned) {}), Failure);
  CHECK_THROWS_AS(for_each_item({0, {}}, 1, [](std::uint64_t, unsigned) {}), Failure);
}

TEST_CASE("a stage reports its beginning and end, and limits reports in between") {
  std::vector<Progress> reports;
  Control control([&](const Progress& progress) { reports.push_back(progress); });
  control.begin("work", 100'000);
  for (int i = 0; i < 100'000; ++i) control.advance(1);
  CHECK(reports.front().done == 0);
  CHECK(reports.back().done == 100'000);
  CHECK(reports.size() < 100);
  for (const Progress& report : reports) {
    CHECK(report.stage == "work");
    CHECK(report.total == 100'000);
  }
}

TEST_CASE("every checkpoint throws after a cancellation") {
  Control control;
  control.begin("work", 10);
  control.cancel();
  CHECK_THROWS_AS(control.checkpoint(), Failure);
  CHECK_THROWS_AS(control.advance(1), Failure);
  CHECK_THROWS_AS(control.begin("more", 1), Failure);
}
