#include "test/sealed_fixture.h"

#include "kernels/file.h"
#include "kernels/fr32.h"
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

VanillaStatement SealedFixture::vanilla_statement() const {
  return {replica_id_of(proof, statement), statement.comm_d, statement.comm_r};
}

}  // namespace seal::test
