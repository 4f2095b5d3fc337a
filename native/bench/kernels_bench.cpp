// Benchmarks of the kernels, each next to its plain form. `npm run bench:kernels` computes ratios from the
// rates.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kernels/commitment.h"
#include "kernels/encode.h"
#include "kernels/field.h"
#include "kernels/file.h"
#include "kernels/graph.h"
#include "kernels/layers.h"
#include "kernels/poseidon.h"
#include "kernels/sha256.h"
#include "kernels/tree.h"
#include "kernels/update.h"

using namespace seal;

namespace {

std::vector<Node> random_nodes(std::size_t count) {
  std::vector<Node> nodes(count);
  std::uint64_t state = 1;
  for (Node& node : nodes) {
    for (std::uint8_t& byte : node)
      byte = static_cast<std::uint8_t>((state = state * 6364136223846793005 + 1) >> 56);
    trunc254(node.data());
  }
  return nodes;
}

/// A layer in a mapped file, as in phase 1. The file is deleted with its map.
FileMap layer_map(std::uint64_t nodes) {
  const char* directory = std::getenv("TMPDIR");
  const File file =
      File::open_or_create(join_path(directory == nullptr ? "/tmp" : directory, "kernel_bench.layer"));
  file.allocate(nodes * node_bytes);
  remove_file_if_present(file.path());
  return {file, nodes * node_bytes, FileMap::Access::write, FileMap::Pattern::dense};
}

Node* nodes_of(FileMap& map) {
  return reinterpret_cast<Node*>(map.data());
}

/// Two layers of up to four sectors and their graph: 2^12 nodes fit into the caches, 2^20 (128 MiB for two
/// sectors) do not.
struct Layers {
  std::uint64_t nodes;
  std::vector<std::uint32_t> rows;
  std::vector<FileMap> previous;
  std::vector<FileMap> current;

  explicit Layers(unsigned bits) : nodes(std::uint64_t{1} << bits), rows(nodes * graph_degree) {
    Graph(nodes, porep_id_of(8), ApiVersion::v1_1)
        .parents_of_range(0, static_cast<std::uint32_t>(nodes), rows.data());
    for (unsigned i = 0; i < max_sectors_side_by_side; ++i) {
      previous.push_back(layer_map(nodes));
      current.push_back(layer_map(nodes));
      std::ranges::copy(random_nodes(nodes), nodes_of(previous.back()));
      std::ranges::fill_n(nodes_of(current.back()), static_cast<std::ptrdiff_t>(nodes), Node{});
    }
  }
};

/// Layer 2 of one to four sectors side by side on one core. Bytes are those of the labels' messages: 1248 for
/// each node and sector.
void label(benchmark::State& state, Layers& layers) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<LabelLayer> sectors;
  for (std::size_t i = 0; i < count; ++i) {
    sectors.push_back({Node{}, nodes_of(layers.previous[i]), nodes_of(layers.current[i])});
  }
  const std::uint64_t step = std::min<std::uint64_t>(layers.nodes, 1 << 14);
  std::uint64_t first = 0;
  for (auto _ : state) {
    label_nodes(sectors, 2, first, step, layers.rows.data(), layers.nodes);
    first = (first + step) % layers.nodes;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * step * count * 1248));
}

void labels_in_cache(benchmark::State& state) {
  static Layers layers(12);
  label(state, layers);
}
BENCHMARK(labels_in_cache)->DenseRange(1, 4)->Unit(benchmark::kMillisecond);

void labels_in_memory(benchmark::State& state) {
  static Layers layers(20);
  label(state, layers);
}
BENCHMARK(labels_in_memory)->DenseRange(1, 4)->Unit(benchmark::kMillisecond);

/// A whole tree over leaves in memory. The first argument is the number of threads.
void build_trees(benchmark::State& state, TreeHash hash, const std::vector<Node>& leaves) {
  const Threads threads{static_cast<unsigned>(state.range(0)), {}};
  const TreeLayout layout(hash, leaves.size());
  for (auto _ : state) {
    Control control;
    benchmark::DoNotOptimize(build_tree(
        layout,
        [&](std::uint64_t first, std::span<Node> to) {
          std::memcpy(to.data(), &leaves[first], to.size_bytes());
        },
        nullptr, threads, control));
  }
}

/// Each hash counts 64 bytes.
void tree_d(benchmark::State& state) {
  const auto leaves = random_nodes(1 << 20);
  build_trees(state, TreeHash::sha254, leaves);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * leaves.size() * 64));
}
BENCHMARK(tree_d)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(tree_d)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

/// CommP of a stream on one thread. Each hash counts 64 bytes, for comparison with tree D.
void comm_p_stream(benchmark::State& state) {
  const std::vector<std::uint8_t> payload(127u << 17, 0x5a);
  for (auto _ : state) {
    PieceHasher hasher;
    hasher.update(payload.data(), payload.size());
    benchmark::DoNotOptimize(hasher.finish());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * (1 << 24) * 2));
}
BENCHMARK(comm_p_stream)->Unit(benchmark::kMillisecond);

void sha254_rows(benchmark::State& state, void (*row)(const Node*, Node*, std::size_t)) {
  const auto children = random_nodes(1 << 15);
  std::vector<Node> parents(children.size() / 2);
  for (auto _ : state) row(children.data(), parents.data(), parents.size());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * parents.size() * 64));
}

void poseidon_row(benchmark::State& state, void (*row)(unsigned, const Node*, Node*, std::size_t)) {
  const auto arity = static_cast<unsigned>(state.range(0));
  constexpr std::size_t count = 256;
  const auto inputs = random_nodes(count * arity);
  std::vector<Node> outputs(count);
  for (auto _ : state) row(arity, inputs.data(), outputs.data(), count);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * count));
}
BENCHMARK_CAPTURE(poseidon_row, plain, plain::poseidon_hash_row)
    ->Arg(2)
    ->Arg(8)
    ->Arg(11)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(poseidon_row, fast, poseidon_hash_row)
    ->Arg(2)
    ->Arg(8)
    ->Arg(11)
    ->Unit(benchmark::kMillisecond);

/// Items are leaves.
void poseidon_tree(benchmark::State& state) {
  const auto leaves = random_nodes(1 << 18);
  build_trees(state, TreeHash::poseidon, leaves);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * leaves.size()));
}
BENCHMARK(poseidon_tree)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(poseidon_tree)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

// The phases encode in chunks of 2^15 nodes, 1 MiB; 2^21 nodes, 64 MiB, show the effect of memory bandwidth.
void nodes_of_streams(benchmark::internal::Benchmark* bench) {
  bench->Arg(1 << 15)->Arg(1 << 21)->Unit(benchmark::kMillisecond);
}

void count_streamed(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * state.range(0) * static_cast<std::int64_t>(node_bytes));
}

void encode(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto labels = random_nodes(count);
  const auto data = random_nodes(count);
  std::vector<Node> replica(count);
  for (auto _ : state) benchmark::DoNotOptimize(add_nodes(labels.data(), data.data(), replica.data(), count));
  count_streamed(state);
}
BENCHMARK(encode)->Apply(nodes_of_streams);

void decode(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto labels = random_nodes(count);
  const auto replica = random_nodes(count);
  std::vector<Node> data(count);
  for (auto _ : state)
    benchmark::DoNotOptimize(subtract_nodes(replica.data(), labels.data(), data.data(), count));
  count_streamed(state);
}
BENCHMARK(decode)->Apply(nodes_of_streams);

void update_encode(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto key = random_nodes(count);
  const auto data = random_nodes(count);
  const Fr rho = Fr::from_node(key[0]);
  std::vector<Node> replica(count);
  for (auto _ : state) {
    benchmark::DoNotOptimize(update_encode_nodes(key.data(), data.data(), rho, replica.data(), count));
  }
  count_streamed(state);
}
BENCHMARK(update_encode)->Apply(nodes_of_streams);

void update_decode(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto replica = random_nodes(count);
  const auto key = random_nodes(count);
  const Fr rho_inverse = Fr::from_node(key[0]);
  std::vector<Node> data(count);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        update_decode_nodes(replica.data(), key.data(), rho_inverse, data.data(), count));
  }
  count_streamed(state);
}
BENCHMARK(update_decode)->Apply(nodes_of_streams);

void memory_copy(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto from = random_nodes(count);
  std::vector<Node> to(count);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), count * node_bytes);
    benchmark::ClobberMemory();
  }
  count_streamed(state);
}
BENCHMARK(memory_copy)->Apply(nodes_of_streams);

void parents(benchmark::State& state,
             void (*range)(const Graph&, std::uint32_t, std::uint32_t, std::uint32_t*)) {
  const Graph graph(registered_proof(8));
  constexpr std::uint32_t count = 2048;
  std::vector<std::uint32_t> rows(count * graph_degree);
  for (auto _ : state) range(graph, 500'000'000, count, rows.data());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * count));
}
BENCHMARK_CAPTURE(parents, plain, plain::parents_of_range)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(parents, fast,
                  [](const Graph& graph, std::uint32_t first, std::uint32_t count, std::uint32_t* rows) {
                    graph.parents_of_range(first, count, rows);
                  })
    ->Unit(benchmark::kMillisecond);

BENCHMARK_CAPTURE(sha254_rows, plain, plain::sha254_row)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sha254_rows, fast, sha254_row)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
