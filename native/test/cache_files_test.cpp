#include "kernels/cache_files.h"

#include <doctest/doctest.h>

#include "kernels/failure.h"
#include "kernels/new_file.h"
#include "kernels/poseidon.h"
#include "kernels/sha256.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

TEST_CASE("the published p_aux is read, and written with the same bytes") {
  const Json p_aux = Json::of_vectors("sealing-aux-files.json")["p_aux"];
  const auto bytes = p_aux["hex"].bytes();
  TemporaryDirectory directory;
  write_small_file(directory.file("published"), bytes.data(), bytes.size());
  const PersistentAux aux = read_p_aux(directory.file("published"));
  CHECK(aux.comm_c == p_aux["comm_c"].node());
  CHECK(aux.comm_r_last == p_aux["comm_r_last"].node());
  write_p_aux(directory.file("ours"), aux);
  CHECK(read_small_file(directory.file("ours"), 100) == read_small_file(directory.file("published"), 100));

  std::vector<Node> roots;
  for (const Json& root : p_aux["base_tree_roots"].items()) roots.push_back(root.node());
  CHECK(combine_base_roots(roots, 8, 0) == aux.comm_r_last);
  CHECK(poseidon_hash(std::vector<Node>{aux.comm_c, aux.comm_r_last}) == p_aux["comm_r"].node());
}

TEST_CASE("the written t_aux is the published one") {
  const auto bytes = from_base64(Json::of_vectors("sealing-aux-files.json")["t_aux"]["base64"].text());
  const std::string published(bytes.begin(), bytes.end());
  const TemporaryAux aux = decode_t_aux(published, "t_aux");
  CHECK(aux == temporary_aux_of(shape_of(std::uint64_t{32} << 30), aux.tree_d.path));
  CHECK(encode_t_aux(aux) == published);
}

TEST_CASE("a truncated or changed t_aux is read exactly or refused as malformed") {
  const std::string whole = encode_t_aux(temporary_aux_of(shape_of(2048), "/cache"));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CHECK_THROWS_AS(decode_t_aux(whole.substr(0, length), "t_aux"), Failure);
  }
  CHECK_THROWS_AS(decode_t_aux(whole + "x", "t_aux"), Failure);
  Random random(81);
  for (int trial = 0; trial < 20000; ++trial) {
    std::string changed = whole;
    for (std::uint64_t n = random.below(4) + 1; n > 0; --n) {
      changed[random.below(changed.size())] = static_cast<char>(random.next());
    }
    try {
      const TemporaryAux aux = decode_t_aux(changed, "t_aux");
      CHECK(encode_t_aux(aux) == changed);
    } catch (const Failure& failure) {
      CHECK(failure.code() == FailureCode::malformed);
      CHECK(failure.offset() <= changed.size());
    }
  }
}

TEST_CASE("a p_aux of another length is refused") {
  TemporaryDirectory directory;
  write_small_file(directory.file("p_aux"), "short", 5);
  CHECK_THROWS_AS(read_p_aux(directory.file("p_aux")), Failure);
}

TEST_CASE("shapes, file sizes and stored rows are those of the network") {
  const Json file = Json::of_vectors("sealing-shapes.json");
  for (const Json& entry : file["entries"].items()) {
    const Shape& shape = shape_of(entry["sector_bytes"].number());
    CHECK(shape.nodes == entry["nodes"].number());
    CHECK(shape.layers == entry["layers"].number());
    CHECK(shape.sub_arity == entry["sub_arity"].number());
    CHECK(shape.top_arity == entry["top_arity"].number());
    CHECK(shape.base_trees() == entry["base_trees"].number());
    CHECK(shape.base_leaves() == entry["base_tree_leaves"].number());
    CHECK(shape.base_levels() + 1 == entry["base_tree_rows_including_leaves_and_root"].number());
    CHECK(shape.base_tree_nodes() == entry["base_tree_nodes"].number());
    CHECK(shape.rows_to_discard() == entry["tree_r_last_rows_to_discard"].number());
    CHECK(shape.porep_partitions == entry["porep_partitions"].number());
    CHECK(shape.challenges_per_partition() == entry["challenges_per_partition"].number());
    CHECK(shape.tree_d_nodes() * node_bytes == entry["tree_d_bytes"].number());
    CHECK(tree_c_layout(shape).file_bytes() == entry["tree_c_bytes_per_file"].number());
    CHECK(tree_r_last_layout(shape).file_bytes() == entry["tree_r_last_bytes_per_file"].number());
  }
}

TEST_CASE("prover and replica ids are the published ones") {
  const Json file = Json::of_vectors("sealing-replica-id.json");
  for (const Json& example : file["prover_id_examples"].items()) {
    CHECK(prover_id_of(example["actor_id"].number()) == example["prover_id"].node());
  }
  for (const Json& vector : file["vectors"].items()) {
    CHECK(replica_id_of(vector["prover_id"].node(), vector["sector_number"].number(), vector["ticket"].node(),
                        vector["comm_d"].node(), vector["porep_id"].node()) == vector["replica_id"].node());
  }
}
