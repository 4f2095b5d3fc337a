// Poseidon over the field (docs/spec/sealing.md section 8): the constants, single hashes, and many hashes at
// once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/field.h"

namespace seal {

constexpr unsigned poseidon_max_arity = 36;

/// The constants of one arity, in the optimized form of section 8.6. Vectors are rows: s := s * A.
struct PoseidonConstants {
  unsigned width;           ///< t = arity + 1
  unsigned full_rounds;     ///< R_F
  unsigned partial_rounds;  ///< R_P

  std::vector<Fr> round_constants;  ///< section 8.2: `width` for each round
  std::vector<Fr> mds;              ///< section 8.3, row-major

  std::vector<Fr> start;           ///< added before the first round
  std::vector<Fr> first_half;      ///< F1, `width` for each of full_rounds / 2 rounds
  std::vector<Fr> partial_scalar;  ///< one for each partial round
  std::vector<Fr> second_half;     ///< F2, `width` for each of full_rounds / 2 - 1 rounds
  std::vector<Fr> pre_sparse;      ///< dense, row-major
  /// For each partial round, 2 * width - 1 elements: the first column (corner first), then the rest of the
  /// first row.
  std::vector<Fr> sparse;
};

/// The constants of an arity (2, 4, 8, 11, 16, 24 or 36), generated at first use.
const PoseidonConstants& poseidon_constants(unsigned arity);

/// Domain tags, section 8.5.
Fr merkle_tag(unsigned arity);  ///< 2^arity - 1
Fr update_randomness_tag();     ///< 2^40

/// Section 8.4, implemented literally and slow; `state` has `width` elements.
void poseidon_permute_textbook(unsigned arity, std::span<Fr> state);

/// Section 8.6; has the same result as the textbook form.
void poseidon_permute(unsigned arity, std::span<Fr> state);

/// Hash of `inputs.size()` elements with a domain tag.
Fr poseidon(std::span<const Fr> inputs, const Fr& tag);

/// Merkle hash of nodes; throws `not_canonical` when one is not a field element.
Node poseidon_hash(std::span<const Node> inputs);

/// Merkle hashes of `count` consecutive groups of `arity` nodes, by the fastest implementation for this
/// machine. Throws `not_canonical` with the index of the bad node as offset.
void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count);

namespace plain {
void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count);
}

namespace avx2 {
void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count);
}

namespace avx512_ifma {
void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count);
}

}  // namespace seal
