// docs/spec/sealing.md section 10: names, sizes and small files of a sector's cache directory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/shape.h"
#include "kernels/tree.h"

namespace seal {

std::string layer_file(const std::string& cache_dir, unsigned layer);
std::string tree_d_file(const std::string& cache_dir);
/// With one base tree the name has no index.
std::string tree_c_file(const std::string& cache_dir, const Shape& shape, unsigned base_tree);
std::string tree_r_last_file(const std::string& cache_dir, const Shape& shape, unsigned base_tree);
std::string p_aux_file(const std::string& cache_dir);
std::string t_aux_file(const std::string& cache_dir);
std::string synthetic_proofs_file(const std::string& cache_dir);

/// Layout of one tree C file: every row.
TreeLayout tree_c_layout(const Shape& shape);
/// Layout of one tree R file: without the leaves and `rows_to_discard` further rows.
TreeLayout tree_r_last_layout(const Shape& shape, unsigned rows_to_discard);
inline TreeLayout tree_r_last_layout(const Shape& shape) {
  return tree_r_last_layout(shape, shape.rows_to_discard());
}

/// Sizes in bytes that a complete tree R file may have: one for each number of rows that may be discarded.
std::vector<std::uint64_t> tree_r_last_sizes(const Shape& shape);

/// The persistent commitments, which later proofs need in addition to the files.
struct PersistentAux {
  Node comm_c;
  Node comm_r_last;
  bool operator==(const PersistentAux&) const = default;
};

PersistentAux read_p_aux(const std::string& path);
void write_p_aux(const std::string& path, const PersistentAux& aux);

struct StoreConfig {
  std::string path;
  std::string id;
  std::uint64_t size;  ///< nodes of the full store
  std::uint64_t rows_to_discard;
  bool operator==(const StoreConfig&) const = default;
};

struct TemporaryAux {
  std::vector<StoreConfig> layers;
  StoreConfig tree_d;
  StoreConfig tree_r_last;
  StoreConfig tree_c;
  bool operator==(const TemporaryAux&) const = default;
};

/// The content that the reference writes for a sector of this shape in this directory.
TemporaryAux temporary_aux_of(const Shape& shape, const std::string& cache_dir);

std::string encode_t_aux(const TemporaryAux& aux);
/// Throws `malformed`, with `path` and the offset, for anything but one complete object.
TemporaryAux decode_t_aux(const std::string& bytes, const std::string& path);

}  // namespace seal
