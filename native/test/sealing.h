#pragma once

#include "kernels/fr32.h"
#include "kernels/new_file.h"
#include "kernels/precommit1.h"
#include "kernels/precommit2.h"
#include "test/vectors.h"

namespace seal::test {

inline std::vector<std::uint8_t> content(const std::string& path) {
  const std::string text = read_small_file(path, 1 << 30);
  return {text.begin(), text.end()};
}

/// docs/spec/sealing.md section 18.3.
inline std::vector<std::uint8_t> patterned_data(std::uint64_t sector_bytes) {
  std::vector<std::uint8_t> data(fr32_unpadded_size(sector_bytes));
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(7 * i + 3);
  return data;
}

/// Writes the staged file for phase 1 with this unpadded data.
inline std::string stage_file(const TemporaryDirectory& directory, const std::vector<std::uint8_t>& unpadded) {
  std::vector<std::uint8_t> padded(fr32_padded_size(unpadded.size()));
  padded.resize(fr32_pad(unpadded.data(), unpadded.size(), padded.data()));
  const std::string path = directory.file("staged");
  write_small_file(path, padded.data(), padded.size());
  return path;
}

/// Seals a sector with both phases in its own directory.
struct Sealing {
  Shape shape;
  RegisteredProof proof;
  TemporaryDirectory directory;
  Precommit1Sector sector;
  Precommit1Options options;

  Sealing(unsigned proof_number, std::uint64_t sector_bytes, unsigned layers)
      : shape(shape_of(sector_bytes)), proof(registered_proof(proof_number)) {
    shape.layers = layers;
    proof.shape = &shape;
    sector.sealed_path = directory.file("sealed");
    sector.cache_dir = directory.file("cache/s-t01000-1");
    options.parent_cache_dir = directory.file("parents");
    options.threads.count = 2;
  }

  Precommit1Result phase1(Control& control) {
    return precommit1(proof, std::span(&sector, 1), options, control)[0];
  }
  Precommit2Result phase2(Control& control) {
    return precommit2(proof, sector.cache_dir, sector.sealed_path, options.threads, control);
  }
};

}  // namespace seal::test
