#include "test/sealed_fixture.h"

#include "kernels/base_trees.h"
#include "kernels/cache_files.h"
#include "kernels/fr32.h"
#include "kernels/new_file.h"
#include "kernels/poseidon.h"
#include "kernels/precommit1.h"

namespace seal::test {

RegisteredProof proof_for(std::uint64_t sector_bytes, unsigned registered_proof_number) {
  RegisteredProof proof = registered_proof(registered_proof_number);
  proof.shape = &shape_of(sector_bytes);
  return proof;
}

std::vector<std::uint8_t> pattern_sector(std::uint64_t sector_bytes) {
  std::vector<std::uint8_t> unpadded(fr32_unpadded_size(sector_bytes));
  for (std::size_t i = 0; i < unpadded.size(); ++i) unpadded[i] = static_cast<std::uint8_t>(7 * i + 3);
  std::vector<std::uint8_t> padded(sector_bytes);
  fr32_pad_blocks(unpadded.data(), padded.data(), unpadded.size() / fr32_unpadded_block);
  return padded;
}

std::vector<std::uint8_t> random_sector(std::uint64_t sector_bytes, Random& random) {
  const auto unpadded = random.bytes(fr32_unpadded_size(sector_bytes));
  std::vector<std::uint8_t> padded(sector_bytes);
  fr32_pad_blocks(unpadded.data(), padded.data(), unpadded.size() / fr32_unpadded_block);
  return padded;
}

void write_file(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  write_small_file(path, bytes.data(), bytes.size());
}

std::vector<std::uint8_t> read_file(const std::string& path) {
  const std::string text = read_small_file(path, std::uint64_t{1} << 30);
  return {text.begin(), text.end()};
}

SealedFixture::SealedFixture(RegisteredProof registered, const std::vector<std::uint8_t>& data, Node ticket,
                             Node seed)
    : proof(std::move(registered)) {
  if (!data.empty()) write_file(staged(), data);
  make_directories(cache());
  const Precommit1Sector sector{
      data.empty() ? "" : staged(), sealed(), cache(), 1000, 7, ticket, std::nullopt};
  Precommit1Options options;
  options.parent_cache_dir = directory.file("parents");
  options.threads = threads;
  precommit1(proof, std::span(&sector, 1), options, control);
  phase2 = precommit2(proof, cache(), sealed(), threads, control);
  statement = {1000, 7, ticket, seed, phase2.comm_d, phase2.comm_r};
}

Node filled(std::uint8_t byte) {
  Node node;
  node.fill(byte);
  return node;
}

Node rebuild_tree_r(const Shape& shape, const std::string& replica_path, const std::string& cache_dir) {
  const File replica = File::open_read(replica_path);
  Control control;
  return build_base_trees(
      shape, tree_r_last_layout(shape),
      [&](std::uint64_t first, std::span<Node> nodes) {
        replica.read(nodes.data(), nodes.size_bytes(), first * node_bytes);
      },
      [&](unsigned tree) { return tree_r_last_file(cache_dir, shape, tree); }, {1, {}}, control);
}

void SealedFixture::forge_comm_r() {
  const Shape& shape = *proof.shape;
  std::vector<File> layers;
  for (unsigned layer = 1; layer <= shape.layers; ++layer) {
    layers.push_back(File::open_read(layer_file(cache(), layer)));
  }
  const Node comm_c = build_base_trees(
      shape, tree_c_layout(shape),
      [&](std::uint64_t first, std::span<Node> hashes) {
        for (std::size_t i = 0; i < hashes.size(); ++i) {
          std::vector<Node> column(shape.layers);
          for (unsigned layer = 0; layer < shape.layers; ++layer) {
            layers[layer].read(column[layer].data(), node_bytes, (first + i) * node_bytes);
          }
          hashes[i] = poseidon_hash(column);
        }
      },
      [&](unsigned tree) { return tree_c_file(cache(), shape, tree); }, {1, {}}, control);
  const Node commitments[2] = {comm_c, rebuild_tree_r(shape, sealed(), cache())};
  statement.comm_r = poseidon_hash(commitments);
}

VanillaStatement SealedFixture::vanilla_statement() const {
  return {replica_id_of(proof, statement), statement.comm_d, statement.comm_r};
}

}  // namespace seal::test
