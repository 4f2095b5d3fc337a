// docs/spec/sealing.md section 13.1: opening nodes of a sealed sector from its cache files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base_trees.h"
#include "kernels/file.h"
#include "kernels/graph.h"
#include "kernels/shape.h"
#include "kernels/tree_d.h"
#include "kernels/vanilla_proof.h"

namespace seal {

/// The replica, layers and trees of a sector whose caches have not been trimmed.
class SealedSector {
 public:
  /// Opens every file and checks its size; throws `io` or `wrong_size` with the name of the file.
  SealedSector(const RegisteredProof& proof, const std::string& cache_dir, const std::string& replica_path);

  const Graph& graph() const { return graph_; }
  Node comm_d() const { return tree_d_.root(); }
  const Node& comm_c() const { return tree_c_.root(); }
  const Node& comm_r_last() const { return tree_r_.root(); }

  /// The proof of section 13.1 for a challenge. Thread-safe.
  VanillaProof prove(std::uint64_t challenge) const;

 private:
  ColumnProof prove_column(std::uint64_t node) const;

  const Shape* shape_;
  Graph graph_;
  std::vector<File> layers_;
  TreeD tree_d_;
  BaseTrees tree_c_;
  BaseTrees tree_r_;
};

}  // namespace seal
