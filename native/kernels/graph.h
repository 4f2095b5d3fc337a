// docs/spec/sealing.md section 5: the stacked graph. Each node has fourteen parents: six base parents in the
// same layer and eight expander parents in the previous layer.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/bytes.h"
#include "kernels/shape.h"

namespace seal {

constexpr unsigned base_degree = 6;
constexpr unsigned expander_degree = 8;
constexpr unsigned graph_degree = base_degree + expander_degree;

class Graph {
 public:
  /// `nodes` is a power of two from 2^6 to 2^31.
  Graph(std::uint64_t nodes, const Node& porep_id, ApiVersion api_version);
  explicit Graph(const RegisteredProof& proof)
      : Graph(proof.shape->nodes, proof.porep_id, proof.api_version) {}

  std::uint64_t nodes() const { return nodes_; }
  ApiVersion api_version() const { return api_version_; }

  /// The fourteen parents of a node, with base parents in the order of the API version, by the slow
  /// definition.
  void parents(std::uint32_t node, std::uint32_t parents[graph_degree]) const;

  /// Parents of the nodes [first, first + count), fourteen each, by the fastest implementation for this
  /// machine.
  void parents_of_range(std::uint32_t first, std::uint32_t count, std::uint32_t* parents) const;

  /// Section 5.4: the reference's file name for the parent cache of this graph.
  std::string cache_file_name() const;
  std::uint64_t cache_file_bytes() const { return nodes_ * graph_degree * sizeof(std::uint32_t); }

  // The seeds of section 5.1 and values derived from them, for the vector implementations.
  const std::uint8_t* drg_seed() const { return drg_seed_; }           ///< 28 bytes
  const std::uint64_t* feistel_keys() const { return feistel_keys_; }  ///< four, of which three are used
  unsigned feistel_half_bits() const { return half_bits_; }
  std::uint64_t feistel_domain() const { return nodes_ * expander_degree; }

  /// One pass of the Feistel network, before cycle walking.
  std::uint64_t feistel_pass(std::uint64_t x) const;

  /// Computes the six base parents of a node >= 2 from ten keystream values.
  void base_parents_from(std::uint32_t node, const std::uint64_t draws[10],
                         std::uint32_t parents[base_degree]) const;

 private:
  void base_parents(std::uint32_t node, std::uint32_t parents[base_degree]) const;

  std::uint64_t nodes_;
  ApiVersion api_version_;
  std::uint8_t drg_seed_[28];
  std::uint64_t feistel_keys_[4];
  unsigned half_bits_;
};

namespace plain {
void parents_of_range(const Graph& graph, std::uint32_t first, std::uint32_t count, std::uint32_t* parents);
}

namespace avx2 {
void parents_of_range(const Graph& graph, std::uint32_t first, std::uint32_t count, std::uint32_t* parents);
}

}  // namespace seal
