// docs/spec/sealing.md section 10.2: columns, tree C, encoding, tree R, CommR and the aux files.
#pragma once

#include <string>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/shape.h"
#include "kernels/threads.h"

namespace seal {

struct Precommit2Result {
  Node comm_r;
  Node comm_d;
  Node comm_c;
  Node comm_r_last;
};

/// Runs phase 2 with the layers and tree D that phase 1 wrote to `cache_dir`. Reads the data from the leaves
/// of tree D, not from the file that becomes the replica, so that an interrupted run can be repeated. Removes
/// synthetic proofs of an earlier replica; writes `sealed_path`, tree C, tree R, t_aux and finally p_aux.
/// Progress stages: "tree-c" and "tree-r", in nodes.
Precommit2Result precommit2(const RegisteredProof& proof, const std::string& cache_dir,
                            const std::string& sealed_path, const Threads& threads, Control& control);

}  // namespace seal
