// Writes the seeds of the fuzzers from the test vectors: make_corpus DIRECTORY, with a folder for each
// target.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "kernels/bincode.h"
#include "kernels/cache_files.h"
#include "test/updated_fixture.h"

using namespace seal;
using namespace seal::test;

namespace {

std::string corpus;

template <typename Bytes>
void seed(const std::string& target, const std::string& name, const Bytes& bytes) {
  const std::string directory = corpus + '/' + target;
  std::filesystem::create_directories(directory);
  std::ofstream(directory + '/' + name, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void seed_merkle_proofs(const VanillaProof& proof) {
  const auto write = [](const std::string& name, const MerkleProof& each) {
    BincodeWriter writer;
    writer.merkle_proof(each);
    seed("merkle_proof", name, writer.take());
  };
  write("tree-d", proof.comm_d);
  write("tree-c", proof.c_x.inclusion);
  for (const auto& [name, sector_bytes] : {std::pair("sub", 16384), std::pair("top", 32768)}) {
    write(name, blank_merkle_proof(column_path_shape(shape_of(static_cast<std::uint64_t>(sector_bytes)))));
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: make_corpus DIRECTORY\n";
    return 2;
  }
  corpus = arguments[1];
  const auto c1 = Json::of_vectors("sealing-derived-2kib-full.json")["vector"]["c1"]["bincode_hex"].bytes();
  Commit1Output output = decode_commit1(c1);
  seed_merkle_proofs(output.partitions[0][0]);
  output.partitions[0].resize(1);
  seed("commit1", "2kib-one-challenge", encode_commit1(output));
  output.partitions.clear();
  seed("commit1", "empty", encode_commit1(output));

  UpdatedFixture updated = derived_update();
  auto proofs =
      prove_update(updated.shape(), updated.statement, updated.files(), {1, {}}, updated.key.control);
  proofs[0].challenges.resize(1);
  seed("update_proof", "2kib-one-challenge", encode_update_partition(proofs[0]));

  seed("t_aux", "32gib", from_base64(Json::of_vectors("sealing-aux-files.json")["t_aux"]["base64"].text()));
  seed("t_aux", "2kib", encode_t_aux(temporary_aux_of(shape_of(2048), "cache")));

  // Inputs in the format that each target reads.
  seed("piece", "one-byte-steps", std::string("\0\0\0\7sealing", 11));
  seed("piece", "many-batches", std::string("\0\177\3\377payload", 11));
  seed("parent_rows", "parent-of-itself", std::string("\0\160\10\0\0\0", 6));
  seed("sector_files", "synthetic", std::string("\0\0\1\0\144\5\1\2\3\4\5", 11));
  seed("sector_files", "commit1", std::string("\1\1\1\0\5\5\1\2\3\4\5", 11));
  seed("sector_files", "update", std::string("\2\2\1\0\5\5\1\2\3\4\5", 11));
  seed("sector_files", "unseal", std::string("\3\3\0\0\5", 5));
}
