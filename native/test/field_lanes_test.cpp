// Tests the lane arithmetic of field_lanes.h and the code based on it, with an Arch of plain integers. That
// Arch has exactly the results that AVX-512 IFMA instructions are defined to have, so the code is also tested
// on other processors.
#include "kernels/simd/field_lanes.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "kernels/cpu.h"
#include "kernels/simd/poseidon_lanes.h"
#include "kernels/simd/scale_lanes.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

struct Definition {
  struct Mode {};
  using Int = std::uint64_t;
  using Operand = std::uint64_t;
  using Constant = std::uint64_t;
  static constexpr unsigned lanes = 1;
  static constexpr unsigned scaled_at_once = 1;
  static constexpr std::uint64_t low_bias = 0;
  static constexpr std::uint64_t high_bias = 0;

  static Int set(std::uint64_t value) { return value; }
  static void load_nodes(const Node* node, std::size_t, Int (&words)[4]) {
    for (unsigned i = 0; i < 4; ++i) words[i] = load_le64(&(*node)[8 * i]);
  }
  static void store_nodes(Node* node, const Int (&words)[4]) {
    for (unsigned i = 0; i < 4; ++i) store_le64(&(*node)[8 * i], words[i]);
  }
  static bool any_above(Int a, std::uint64_t limit) { return a > limit; }
  static Int add(Int a, Int b) { return a + b; }
  static Int subtract(Int a, Int b) { return a - b; }
  static Int bit_and(Int a, Int b) { return a & b; }
  template <int by>
  static Int shift_left(Int a) {
    return a << by;
  }
  template <int by>
  static Int shift_right(Int a) {
    return a >> by;
  }
  static Operand broadcast(const std::uint64_t* from) { return *from; }
  static Operand operand(Int limb) {
    REQUIRE(limb <= seal::lanes::limb_mask);  // the instructions ignore the higher bits
    return limb;
  }
  static Operand low_operand(Int value) { return value & seal::lanes::limb_mask; }
  static void multiply_add(Int& low, Int& high, Operand a, Operand b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    low += static_cast<std::uint64_t>(product) & seal::lanes::limb_mask;
    high += static_cast<std::uint64_t>(product >> 52);
  }
  static void multiply_add_high(Int& high, Operand a, Operand b) {
    high += static_cast<std::uint64_t>((static_cast<unsigned __int128>(a) * b) >> 52);
  }
};

using Form = std::optional<std::size_t> (*)(const Node*, const Fr&, Node*, std::size_t);

/// Every implementation of `scale_nodes` that this machine can run.
std::vector<Form> scale_forms() {
  std::vector<Form> forms = {plain::scale_nodes, lanes::scale_nodes<Definition>};
  if (detected_features().avx2) forms.push_back(avx2::scale_nodes);
  if (detected_features().avx512_ifma) forms.push_back(avx512_ifma::scale_nodes);
  return forms;
}

Node node_of(const std::uint64_t (&words)[4]) {
  Node node;
  for (unsigned i = 0; i < 4; ++i) store_le64(&node[8 * i], words[i]);
  return node;
}

/// Values at the bounds of the limbs and of the field, including the highest word of the modulus.
std::vector<Node> edge_nodes() {
  const std::uint64_t* p = field_modulus;
  std::vector<Node> nodes = {Node{},
                             node_of({1, 0, 0, 0}),
                             node_of({p[0] - 1, p[1], p[2], p[3]}),
                             node_of({~0ull, ~0ull, p[2] - 1, p[3]}),
                             node_of({0, 0, 0, p[3]}),
                             node_of({~0ull, ~0ull, ~0ull, p[3] - 1})};
  for (unsigned bit = 0; bit < 254; ++bit) {
    Node power{};
    power[bit / 8] = static_cast<std::uint8_t>(1 << bit % 8);
    nodes.push_back(power);
    nodes.push_back((Fr::from_node(power) - Fr::one()).to_node());
  }
  return nodes;
}

}  // namespace

TEST_CASE("every form of scaling nodes multiplies in the field, for edge and random values") {
  Random random(92);
  std::vector<Node> nodes = edge_nodes();
  while (nodes.size() < 1203) nodes.push_back(random.field_node());
  std::vector<Fr> factors = {Fr(), Fr::one(), Fr() - Fr::one()};
  for (int i = 0; i < 5; ++i) factors.push_back(Fr::from_node(random.field_node()));
  for (const Fr& factor : factors) {
    std::vector<Node> expected;
    for (const Node& node : nodes) expected.push_back((Fr::from_node(node) * factor).to_node());
    for (const Form form : scale_forms()) {
      std::vector<Node> products(nodes.size());
      CHECK_FALSE(form(nodes.data(), factor, products.data(), nodes.size()));
      CHECK(products == expected);
      products = nodes;
      CHECK_FALSE(form(products.data(), factor, products.data(), products.size()));
      CHECK(products == expected);
    }
  }
}

TEST_CASE("a lane product that is not canonical is computed by the plain form") {
  // The sum of the lanes is slightly above p at most. Inverses give the products 1 and p - 1.
  Random random(93);
  for (int trial = 0; trial < 64; ++trial) {
    const Fr factor = Fr::from_node(random.field_node());
    const Node inverse = factor.inverse().to_node();
    const Node minus_inverse = (Fr() - factor.inverse()).to_node();
    const std::vector<Node> nodes = {inverse, minus_inverse, Node{}, inverse, minus_inverse};
    const Node one = Fr::one().to_node();
    const Node minus_one = (Fr() - Fr::one()).to_node();
    for (const Form form : scale_forms()) {
      std::vector<Node> products(nodes.size());
      CHECK_FALSE(form(nodes.data(), factor, products.data(), nodes.size()));
      CHECK(products == std::vector<Node>{one, minus_one, Node{}, one, minus_one});
    }
  }
}

TEST_CASE("every form of scaling reports the first node that is not a field element") {
  Random random(94);
  std::vector<Node> nodes;
  for (int i = 0; i < 50; ++i) nodes.push_back(random.field_node());
  Node largest;
  largest.fill(0xff);
  for (const Node& bad :
       {node_of({field_modulus[0], field_modulus[1], field_modulus[2], field_modulus[3]}), largest}) {
    for (const std::size_t place : {0u, 31u, 33u, 49u}) {
      auto broken = nodes;
      broken[place] = bad;
      broken[49] = largest;
      for (const Form form : scale_forms()) {
        std::vector<Node> products(nodes.size());
        CHECK(form(broken.data(), Fr::one(), products.data(), products.size()) == place);
      }
    }
  }
}

TEST_CASE("Poseidon in lanes of 52-bit limbs has the result of the plain form, and no limb overflows") {
  Random random(91);
  for (const unsigned arity : {2u, 4u, 8u, 11u}) {
    const auto& constants = lanes::poseidon_limbs<std::uint64_t>(arity);
    lanes::Permutation<Definition> permutation(constants);
    for (int trial = 0; trial < 40; ++trial) {
      std::vector<Node> inputs(arity);
      for (Node& input : inputs) {
        input = trial == 0 ? Node{} : random.field_node();
        if (trial != 1) continue;
        for (unsigned i = 0; i < 4; ++i) store_le64(&input[8 * i], field_modulus[i] - (i == 0));
      }
      Node expected;
      Node actual;
      plain::poseidon_hash_row(arity, inputs.data(), &expected, 1);
      permutation.hash(inputs.data(), &actual);
      CHECK(actual == expected);
    }
  }
}
