#include "kernels/graph.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/parent_cache.h"
#include "kernels/sha256.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

/// The graph of a registered proof, with any number of nodes.
Graph graph_of(const Json& vector) {
  const auto number = static_cast<unsigned>(vector["registered_proof"].number());
  return Graph(vector["nodes"].number(), porep_id_of(number), registered_proof(number).api_version);
}

Node digest_of_file(const std::string& path) {
  const File file = File::open_read(path);
  std::vector<std::uint8_t> bytes(file.size());
  file.read(bytes.data(), bytes.size(), 0);
  return sha256(bytes.data(), bytes.size());
}

}  // namespace

TEST_CASE("the small graphs are the known ones") {
  const Json file = Json::of_vectors("sealing-sdr-parents-2kib.json");
  for (const Json& vector : file["graphs"].items()) {
    const auto number = static_cast<unsigned>(vector["registered_proof"].number());
    const Graph graph(registered_proof(number));
    REQUIRE(vector["parents"].size() == 64);
    for (std::uint32_t node = 0; node < 64; ++node) {
      std::uint32_t parents[graph_degree];
      graph.parents(node, parents);
      for (unsigned i = 0; i < graph_degree; ++i) CHECK(parents[i] == vector["parents"][node][i].number());
    }
  }
}

TEST_CASE("sampled nodes of the large graphs have the known parents") {
  const Json file = Json::of_vectors("sealing-sdr-parents-samples.json");
  REQUIRE(file["graphs"].size() == 12);
  for (const Json& vector : file["graphs"].items()) {
    const Graph graph = graph_of(vector);
    CHECK(graph.feistel_half_bits() == vector["feistel_half_bits"].number());
    CHECK(graph.cache_file_name() == vector["cache_id"].text() + ".cache");
    for (const Json& sample : vector["samples"].items()) {
      const auto node = static_cast<std::uint32_t>(sample["node"].number());
      std::uint32_t plain_parents[graph_degree];
      std::uint32_t fast_parents[graph_degree];
      graph.parents(node, plain_parents);
      graph.parents_of_range(node, 1, fast_parents);
      for (unsigned i = 0; i < graph_degree; ++i) {
        CHECK(plain_parents[i] == sample["parents"][i].number());
        CHECK(fast_parents[i] == sample["parents"][i].number());
      }
    }
  }
}

TEST_CASE("every implementation of parents has the result of the plain one") {
  Random random(41);
  for (const ApiVersion api : {ApiVersion::v1_0, ApiVersion::v1_1, ApiVersion::v1_2}) {
    for (unsigned bits = 6; bits <= 31; bits += 5) {
      const Graph graph(std::uint64_t{1} << bits, random.node(), api);
      const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(graph.nodes(), 211));
      for (const std::uint64_t first :
           {std::uint64_t{0}, graph.nodes() - count, random.below(graph.nodes() - count + 1)}) {
        std::vector<std::uint32_t> expected(count * graph_degree);
        std::vector<std::uint32_t> actual(count * graph_degree);
        plain::parents_of_range(graph, static_cast<std::uint32_t>(first), count, expected.data());
        graph.parents_of_range(static_cast<std::uint32_t>(first), count, actual.data());
        CHECK(actual == expected);
      }
    }
  }
}

TEST_CASE("parent cache files have the published names, and small ones the published bytes") {
  const Json file = Json::of_vectors("sealing-sdr-parent-cache-digests.json");
  TemporaryDirectory directory;
  unsigned compared = 0;
  for (const Json& entry : file["entries"].items()) {
    const RegisteredProof proof = registered_proof(static_cast<unsigned>(entry["registered_proof"].number()));
    const Graph graph(proof);
    CHECK(graph.cache_file_name() == entry["cache_id"].text() + ".cache");
    if (entry["nodes"].number() > 1 << 18) continue;  // larger graphs are tested in the long run
    Control control;
    const ParentCache cache = ParentCache::open(graph, directory.path(), {2, {}}, control);
    CHECK(digest_of_file(cache.path()) == entry["sha256_of_file"].node());
    ++compared;
  }
  CHECK(compared == 4);
}

TEST_CASE("the later proofs' parent caches have their own names") {
  const Json file = Json::of_vectors("sealing-sdr-parent-cache-digests.json");
  REQUIRE(file["derived_names_ids_10_to_19"].size() == 10);
  for (const Json& entry : file["derived_names_ids_10_to_19"].items()) {
    const Graph graph(registered_proof(static_cast<unsigned>(entry["registered_proof"].number())));
    CHECK(graph.nodes() == entry["nodes"].number());
    CHECK(graph.cache_file_name() == entry["cache_id"].text() + ".cache");
  }
}

TEST_CASE("a damaged parent cache is written again") {
  TemporaryDirectory directory;
  const Graph graph(registered_proof(5));
  Control control;
  const std::string path = ParentCache::open(graph, directory.path(), {}, control).path();
  const Node whole = digest_of_file(path);
  const File file = File::open_update(path);
  const std::uint32_t wrong = 0xffffffff;
  file.write(&wrong, sizeof wrong, 17 * 56);
  CHECK(digest_of_file(path) != whole);
  ParentCache::open(graph, directory.path(), {}, control);
  CHECK(digest_of_file(path) == whole);
}

TEST_CASE("a parent cache that several threads open at once is written once") {
  TemporaryDirectory directory;
  const Graph graph(1 << 14, porep_id_of(5), ApiVersion::v1_1);
  std::atomic<int> written{0};
  std::vector<std::thread> crew;
  for (int i = 0; i < 4; ++i) {
    crew.emplace_back([&] {
      Control control([&](const Progress& progress) {
        if (progress.done == 0) ++written;
      });
      const ParentCache cache = ParentCache::open(graph, directory.path(), {2, {}}, control);
      std::vector<std::uint32_t> expected(graph.nodes() * graph_degree);
      graph.parents_of_range(0, static_cast<std::uint32_t>(graph.nodes()), expected.data());
      CHECK(std::equal(expected.begin(), expected.end(), cache.rows().first()));
    });
  }
  for (std::thread& member : crew) member.join();
  CHECK(written == 1);
  CHECK_FALSE(file_exists(directory.file(graph.cache_file_name() + ".tmp")));
}

TEST_CASE("a canceled parent cache leaves no file") {
  TemporaryDirectory directory;
  const Graph graph(registered_proof(5));
  Control control;
  control.cancel();
  CHECK_THROWS_AS(ParentCache::open(graph, directory.path(), {}, control), Failure);
  CHECK_FALSE(file_exists(directory.file(graph.cache_file_name())));
}
