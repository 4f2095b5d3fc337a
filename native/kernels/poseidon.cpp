#include "kernels/poseidon.h"

#include <array>
#include <string>

#include "kernels/cpu.h"
#include "kernels/failure.h"

namespace seal {

namespace {

Fr fifth_power(const Fr& x) {
  return x.square().square() * x;
}

/// state := state * matrix
void multiply_dense(std::span<Fr> state, const std::vector<Fr>& matrix) {
  std::array<Fr, poseidon_max_arity + 1> product;
  const std::size_t t = state.size();
  for (std::size_t j = 0; j < t; ++j) {
    Fr sum;
    for (std::size_t i = 0; i < t; ++i) sum += state[i] * matrix[i * t + j];
    product[j] = sum;
  }
  for (std::size_t j = 0; j < t; ++j) state[j] = product[j];
}

}  // namespace

Fr merkle_tag(unsigned arity) {
  return Fr::from_u64((std::uint64_t{1} << arity) - 1);
}
Fr update_randomness_tag() {
  return Fr::from_u64(std::uint64_t{1} << 40);
}

void poseidon_permute_textbook(unsigned arity, std::span<Fr> state) {
  const PoseidonConstants& c = poseidon_constants(arity);
  const unsigned half = c.full_rounds / 2;
  for (unsigned round = 0; round < c.full_rounds + c.partial_rounds; ++round) {
    for (unsigned i = 0; i < c.width; ++i) state[i] += c.round_constants[round * c.width + i];
    const bool full = round < half || round >= half + c.partial_rounds;
    for (unsigned i = 0; i < (full ? c.width : 1); ++i) state[i] = fifth_power(state[i]);
    multiply_dense(state, c.mds);
  }
}

void poseidon_permute(unsigned arity, std::span<Fr> state) {
  const PoseidonConstants& c = poseidon_constants(arity);
  const unsigned t = c.width;
  const unsigned half = c.full_rounds / 2;

  for (unsigned i = 0; i < t; ++i) state[i] += c.start[i];
  for (unsigned r = 0; r < half; ++r) {
    for (unsigned i = 0; i < t; ++i) state[i] = fifth_power(state[i]) + c.first_half[r * t + i];
    multiply_dense(state, r + 1 < half ? c.mds : c.pre_sparse);
  }
  for (unsigned r = 0; r < c.partial_rounds; ++r) {
    const Fr* column = &c.sparse[r * (2 * t - 1)];
    const Fr* row = column + t;
    const Fr first = fifth_power(state[0]) + c.partial_scalar[r];
    Fr sum = first * column[0];
    for (unsigned j = 1; j < t; ++j) {
      sum += state[j] * column[j];
      state[j] += row[j - 1] * first;
    }
    state[0] = sum;
  }
  for (unsigned r = 0; r < half; ++r) {
    for (unsigned i = 0; i < t; ++i) {
      state[i] = fifth_power(state[i]);
      if (r + 1 < half) state[i] += c.second_half[r * t + i];
    }
    multiply_dense(state, c.mds);
  }
}

Fr poseidon(std::span<const Fr> inputs, const Fr& tag) {
  std::array<Fr, poseidon_max_arity + 1> state;
  require(inputs.size() <= poseidon_max_arity, "too many inputs for one Poseidon hash");
  const auto arity = static_cast<unsigned>(inputs.size());
  state[0] = tag;
  for (unsigned i = 0; i < arity; ++i) state[i + 1] = inputs[i];
  poseidon_permute(arity, std::span(state.data(), arity + 1));
  return state[1];
}

Node poseidon_hash(std::span<const Node> inputs) {
  Node output;
  plain::poseidon_hash_row(static_cast<unsigned>(inputs.size()), inputs.data(), &output, 1);
  return output;
}

namespace plain {

void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count) {
  std::array<Fr, poseidon_max_arity> elements;
  require(arity <= poseidon_max_arity, "too many inputs for one Poseidon hash");
  const Fr tag = merkle_tag(arity);
  for (std::size_t i = 0; i < count; ++i) {
    for (unsigned j = 0; j < arity; ++j) elements[j] = Fr::from_node(inputs[i * arity + j]);
    outputs[i] = poseidon(std::span(elements.data(), arity), tag).to_node();
  }
}

}  // namespace plain

void poseidon_hash_row(unsigned arity, const Node* inputs, Node* outputs, std::size_t count) {
  for (std::size_t i = 0; i < count * arity; ++i) {
    if (!is_canonical(inputs[i])) {
      throw Failure(FailureCode::not_canonical, to_hex(inputs[i]) + " is not below the field's modulus", "",
                    i);
    }
  }
  if (cpu_features().avx512_ifma) return avx512_ifma::poseidon_hash_row(arity, inputs, outputs, count);
  if (cpu_features().avx2) return avx2::poseidon_hash_row(arity, inputs, outputs, count);
  plain::poseidon_hash_row(arity, inputs, outputs, count);
}

}  // namespace seal
