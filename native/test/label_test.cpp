#include "kernels/label.h"

#include <doctest/doctest.h>

#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/layers.h"
#include "kernels/sha256.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

std::vector<std::uint32_t> rows_of(const Graph& graph) {
  std::vector<std::uint32_t> rows(graph.nodes() * graph_degree);
  graph.parents_of_range(0, static_cast<std::uint32_t>(graph.nodes()), rows.data());
  return rows;
}

using Layer = std::vector<Node>;

/// All layers of several sectors, computed by `label_layer`.
std::vector<std::vector<Layer>> all_layers(const std::vector<Node>& replica_ids, unsigned layers,
                                           const std::vector<std::uint32_t>& rows,
                                           const LabelThreads& threads) {
  const std::uint64_t nodes = rows.size() / graph_degree;
  std::vector<std::vector<Layer>> result(replica_ids.size(), std::vector<Layer>(layers, Layer(nodes)));
  Control control;
  for (unsigned layer = 1; layer <= layers; ++layer) {
    std::vector<LabelLayer> sectors;
    for (std::size_t s = 0; s < replica_ids.size(); ++s) {
      const Node* previous = layer == 1 ? nullptr : result[s][layer - 2].data();
      sectors.push_back({replica_ids[s], previous, result[s][layer - 1].data()});
    }
    label_layer(sectors, layer, {rows.data(), nodes}, threads, control);
  }
  return result;
}

/// A literal implementation of docs/spec/sealing.md section 6.
std::vector<Layer> defined_layers(const Node& replica_id, unsigned layers,
                                  const std::vector<std::uint32_t>& rows) {
  const std::uint64_t nodes = rows.size() / graph_degree;
  std::vector<Layer> result(layers, Layer(nodes));
  for (unsigned layer = 1; layer <= layers; ++layer) {
    const Node* previous = layer == 1 ? nullptr : result[layer - 2].data();
    const LabelLayer sector{replica_id, previous, result[layer - 1].data()};
    plain::label_nodes(std::span(&sector, 1), layer, 0, nodes, rows.data(), nodes);
  }
  return result;
}

/// The preimage of a label in section 6.
std::vector<std::uint8_t> preimage_of(const Node& replica_id, unsigned layer, std::uint64_t node,
                                      const std::vector<Layer>& layers,
                                      const std::vector<std::uint32_t>& rows) {
  std::vector<std::uint8_t> bytes(replica_id.begin(), replica_id.end());
  bytes.resize(64, 0);
  store_be32(&bytes[32], layer);
  store_be64(&bytes[36], node);
  const unsigned parents = layer == 1 ? base_degree : graph_degree;
  for (unsigned position = 0; node > 0 && position < 37; ++position) {
    const unsigned i = position % parents;
    const Node& label = layers[i < base_degree ? layer - 1 : layer - 2][rows[node * graph_degree + i]];
    bytes.insert(bytes.end(), label.begin(), label.end());
  }
  return bytes;
}

ApiVersion api_of(const std::string& text) {
  return text == "1.0.0" ? ApiVersion::v1_0 : ApiVersion::v1_1;
}

}  // namespace

TEST_CASE("both forms of labeling compute the published labels") {
  const Json file = Json::of_vectors("sealing-sdr-labels.json");
  REQUIRE(file["published"].size() == 4);
  for (const Json& vector : file["published"].items()) {
    const Graph graph(vector["sector_size"].number() / node_bytes, vector["porep_id"].node(),
                      api_of(vector["api"].text()));
    const auto rows = rows_of(graph);
    const auto layers = static_cast<unsigned>(vector["layers"].number());
    for (const LabelThreads& threads : {LabelThreads{}, LabelThreads{-1, 2, {}}}) {
      const auto sector = all_layers({vector["replica_id"].node()}, layers, rows, threads)[0];
      CHECK(sector.back().back() == vector["last_label_of_last_layer"].node());
      CHECK(sector[0][0] == vector["first_label_layer1"].node());
      CHECK(sector[0][1] == vector["second_label_layer1"].node());
      for (unsigned layer = 0; layer < layers; ++layer) {
        CHECK(sha256(sector[layer].data(), sector[layer].size() * node_bytes) ==
              vector["sha256_of_each_layer"][layer].node());
      }
    }
  }
}

TEST_CASE("label preimages and their hashes are the known ones") {
  const Json file = Json::of_vectors("sealing-sdr-labels.json");
  Node replica_id;
  replica_id.fill(9);
  const auto rows = rows_of(Graph(registered_proof(5)));
  const auto layers = all_layers({replica_id}, 2, rows, {})[0];
  REQUIRE(file["preimages_2kib_porep5_replica_id_09"].size() == 6);
  for (const Json& vector : file["preimages_2kib_porep5_replica_id_09"].items()) {
    const auto layer = static_cast<unsigned>(vector["layer"].number());
    const auto node = vector["node"].number();
    const auto preimage = preimage_of(replica_id, layer, node, layers, rows);
    CHECK(preimage == vector["preimage"].bytes());
    CHECK(preimage.size() == vector["preimage_bytes"].number());
    CHECK(layers[layer - 1][node] == vector["label"].node());
    Node label = sha256(preimage.data(), preimage.size());
    label[31] &= 0x3f;
    CHECK(label == vector["label"].node());
  }
}

TEST_CASE("sectors labeled side by side have the labels of sectors labeled alone, in every form") {
  Random random(61);
  const Graph graph(1 << 12, random.node(), ApiVersion::v1_1);
  const auto rows = rows_of(graph);
  for (std::size_t count = 1; count <= max_sectors_side_by_side; ++count) {
    std::vector<Node> replica_ids;
    for (std::size_t i = 0; i < count; ++i) replica_ids.push_back(random.field_node());
    for (const LabelThreads& threads : {LabelThreads{}, LabelThreads{0, 0, {}}, LabelThreads{-1, 3, {}}}) {
      const auto sectors = all_layers(replica_ids, 3, rows, threads);
      for (std::size_t i = 0; i < count; ++i) CHECK(sectors[i] == defined_layers(replica_ids[i], 3, rows));
    }
  }
}

TEST_CASE("processors without the SHA extensions use the plain form, gathered or not") {
  Random random(62);
  const Graph graph(1 << 9, random.node(), ApiVersion::v1_0);
  const auto rows = rows_of(graph);
  const Node replica_id = random.field_node();
  limit_cpu_features({});
  const auto alone = all_layers({replica_id}, 2, rows, {})[0];
  const auto gathered = all_layers({replica_id}, 2, rows, {-1, 1, {}})[0];
  limit_cpu_features(detected_features());
  CHECK(alone == defined_layers(replica_id, 2, rows));
  CHECK(gathered == alone);
}

TEST_CASE("a sample of a layer detects wrong labels") {
  Random random(63);
  const Graph graph(registered_proof(5));
  const auto rows = rows_of(graph);
  const Node replica_id = random.field_node();
  auto layers = all_layers({replica_id}, 2, rows, {})[0];
  const LabelLayer sector{replica_id, layers[0].data(), layers[1].data()};
  Control control;
  CHECK(layer_sample_matches(sector, 2, {rows.data(), 64}, 64, control));
  layers[1][40][3] ^= 1;
  CHECK_FALSE(layer_sample_matches(sector, 2, {rows.data(), 64}, 64, control));
  control.cancel();
  CHECK_THROWS_AS(layer_sample_matches(sector, 2, {rows.data(), 64}, 64, control), Failure);
}

TEST_CASE("impossible parents of a node are reported with file and offset, in every form") {
  Random random(65);
  const Graph graph(1 << 12, random.node(), ApiVersion::v1_1);
  const auto sound = rows_of(graph);
  struct Damage {
    std::uint64_t node;
    unsigned parent;
    std::uint32_t number;
  };
  for (const Damage damage :
       {Damage{0, 0, 0xffffffff}, Damage{0, 13, 1 << 12}, Damage{1, 2, 1}, Damage{3000, 0, 3000},
        Damage{3000, 5, 0xffffffff}, Damage{4095, 6, 1 << 12}, Damage{4095, 13, 0xffffffff}}) {
    CAPTURE(damage.node);
    CAPTURE(damage.parent);
    auto rows = sound;
    rows[damage.node * graph_degree + damage.parent] = damage.number;
    for (const bool plainly : {false, true}) {
      if (plainly) limit_cpu_features({});
      for (const LabelThreads& threads : {LabelThreads{}, LabelThreads{0, 0, {}}, LabelThreads{-1, 2, {}}}) {
        const Layer previous(graph.nodes());
        Layer labels(graph.nodes());
        const LabelLayer sector{Node{}, previous.data(), labels.data()};
        Control control;
        try {
          label_layer(std::span(&sector, 1), 2, {rows.data(), graph.nodes(), "the cache"}, threads, control);
          FAIL("nothing was thrown");
        } catch (const Failure& failure) {
          CHECK(failure.code() == FailureCode::malformed);
          CHECK(failure.file() == "the cache");
          CHECK(failure.offset() == damage.node * 56);
        }
      }
      limit_cpu_features(detected_features());
    }
  }
}

TEST_CASE("labeling stops when canceled, in both forms") {
  Random random(64);
  const Graph graph(1 << 14, random.node(), ApiVersion::v1_1);
  const auto rows = rows_of(graph);
  for (const LabelThreads& threads : {LabelThreads{}, LabelThreads{-1, 2, {}}}) {
    Layer labels(graph.nodes());
    const LabelLayer sector{Node{}, nullptr, labels.data()};
    Control* canceling = nullptr;
    Control control([&](const Progress& progress) {
      if (progress.done > 0) canceling->cancel();
    });
    canceling = &control;
    control.begin("layer-1", graph.nodes());
    CHECK_THROWS_AS(label_layer(std::span(&sector, 1), 1, {rows.data(), graph.nodes()}, threads, control),
                    Failure);
  }
}

TEST_CASE("a CPU that does not exist is refused") {
  const Graph graph(registered_proof(5));
  const auto rows = rows_of(graph);
  Layer labels(64);
  const LabelLayer sector{Node{}, nullptr, labels.data()};
  Control control;
  const ParentRows parents(rows.data(), 64);
  CHECK_THROWS_AS(label_layer(std::span(&sector, 1), 1, parents, {100000, 0, {}}, control), Failure);
  CHECK_THROWS_AS(label_layer(std::span(&sector, 1), 1, parents, {-1, 1, {100000}}, control), Failure);
}
