// Files of a sector that another worker sealed: one file is changed in some places, extended or truncated;
// then the sector is proven and read.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "fuzz/fuzz.h"
#include "kernels/cache_files.h"
#include "kernels/fr32.h"
#include "kernels/synthetic.h"
#include "kernels/unseal.h"
#include "test/updated_fixture.h"

using namespace seal;
using namespace seal::fuzz;
using namespace seal::test;

namespace {

const Threads one_thread{1, {}};

/// A file whose original content can be restored.
struct SoundFile {
  std::string path;
  std::vector<std::uint8_t> content;

  void restore() const {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  }
};

std::vector<SoundFile> files_below(const std::string& directory) {
  std::vector<SoundFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file() || entry.path().string().find("/parents/") != std::string::npos) continue;
    files.push_back({entry.path().string(), read_file(entry.path().string())});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

void damage(const SoundFile& file, Choices& choices) {
  const std::uint64_t size = file.content.size();
  if (choices.below(4) == 0) {
    std::filesystem::resize_file(file.path, choices.below(2 * size + 1));
    return;
  }
  std::fstream stream(file.path, std::ios::binary | std::ios::in | std::ios::out);
  while (!choices.empty()) {
    stream.seekp(static_cast<std::streamoff>(choices.below(size)));
    const auto bytes = choices.bytes(choices.below(2 * node_bytes) + 1);
    stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
}

/// A sector with synthetic proofs, which proving reads instead of the other files.
struct SyntheticFixture {
  SealedFixture sector{proof_for(2048, 10), pattern_sector(2048), filled(1), filled(1)};

  SyntheticFixture() {
    const SealedSector opened(sector.proof, sector.cache(), sector.sealed());
    write_synthetic_proofs(sector.proof, sector.vanilla_statement(), opened,
                           synthetic_proofs_file(sector.cache()), one_thread, sector.control);
  }
};

void prove(SealedFixture& sector) {
  commit1(sector.proof, sector.statement, sector.cache(), sector.sealed(), one_thread, sector.control);
}

void unseal_from_last_layer(SealedFixture& sector) {
  const SealStatement& of = sector.statement;
  const std::string last_layer = layer_file(sector.cache(), sector.proof.shape->layers);
  unseal(sector.proof,
         {sector.sealed(), sector.directory.file("unsealed"), sector.directory.file("scratch"), last_layer,
          of.actor_id, of.sector_number, of.ticket, of.comm_d, 0, fr32_unpadded_size(2048)},
         {}, sector.control);
}

/// The sectors, sealed once before the first input, since the time of an input is limited.
struct Sectors {
  UpdatedFixture updated = derived_update();
  SyntheticFixture synthetic;
  std::vector<SoundFile> updated_files = files_below(updated.key.directory.path());
  std::vector<SoundFile> synthetic_files = files_below(synthetic.sector.directory.path());
};

Sectors& sectors() {
  static Sectors sealed;
  return sealed;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  sectors();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  UpdatedFixture& updated = sectors().updated;
  SealedFixture& synthetic = sectors().synthetic.sector;
  Choices choices(bytes, count);
  const std::uint8_t operation = choices.byte() % 4;
  const auto& files = operation == 0 ? sectors().synthetic_files : sectors().updated_files;
  const SoundFile& file = files[choices.below(files.size())];
  damage(file, choices);
  accepted(
      {FailureCode::mismatch, FailureCode::not_canonical, FailureCode::wrong_size, FailureCode::malformed},
      [&] {
        switch (operation) {
          case 0:
            return prove(synthetic);
          case 1:
            return prove(updated.key);
          case 2:
            prove_update(updated.shape(), updated.statement, updated.files(), one_thread,
                         updated.key.control);
            return;
          default:
            return unseal_from_last_layer(updated.key);
        }
      });
  file.restore();
  return 0;
}
