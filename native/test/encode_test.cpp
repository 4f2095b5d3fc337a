#include "kernels/encode.h"

#include <doctest/doctest.h>

#include <vector>

#include "kernels/field.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

/// Elements at the bounds of the limbs and of the field, with the longest carries.
std::vector<Node> edge_elements() {
  std::vector<Node> nodes(1, Node{});
  for (unsigned bit = 0; bit < 255; ++bit) {
    Node power{};
    power[bit / 8] = static_cast<std::uint8_t>(1 << (bit % 8));
    if (is_canonical(power)) nodes.push_back(power);
    Node below{};
    for (unsigned i = 0; i < bit; ++i) below[i / 8] = static_cast<std::uint8_t>(below[i / 8] | 1 << (i % 8));
    if (is_canonical(below)) nodes.push_back(below);
  }
  nodes.push_back((Fr() - Fr::one()).to_node());
  nodes.push_back((Fr() - Fr::from_u64(std::uint64_t{1} << 32)).to_node());
  return nodes;
}

void check_sums_and_differences(const std::vector<Node>& a, const std::vector<Node>& b) {
  std::vector<Node> sums(a.size());
  std::vector<Node> differences(a.size());
  CHECK_FALSE(add_nodes(a.data(), b.data(), sums.data(), a.size()));
  CHECK_FALSE(subtract_nodes(a.data(), b.data(), differences.data(), a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Fr x = Fr::from_node(a[i]);
    const Fr y = Fr::from_node(b[i]);
    REQUIRE(sums[i] == (x + y).to_node());
    REQUIRE(differences[i] == (x - y).to_node());
  }
  std::vector<Node> in_place = a;
  CHECK_FALSE(add_nodes(in_place.data(), b.data(), in_place.data(), a.size()));
  CHECK(in_place == sums);
  in_place = b;
  CHECK_FALSE(subtract_nodes(a.data(), in_place.data(), in_place.data(), a.size()));
  CHECK(in_place == differences);
}

}  // namespace

TEST_CASE("adding and subtracting nodes is field arithmetic, for edge and random values") {
  const std::vector<Node> edges = edge_elements();
  for (std::size_t shift = 0; shift < edges.size(); shift += 3) {
    std::vector<Node> turned;
    for (std::size_t i = 0; i < edges.size(); ++i) turned.push_back(edges[(i + shift) % edges.size()]);
    check_sums_and_differences(edges, turned);
  }
  Random random(98);
  std::vector<Node> a;
  std::vector<Node> b;
  for (int i = 0; i < 20000; ++i) {
    a.push_back(random.field_node());
    b.push_back(random.field_node());
  }
  check_sums_and_differences(a, b);
}

TEST_CASE("adding and subtracting nodes report the first node that is not a field element") {
  Random random(99);
  std::vector<Node> sound;
  for (int i = 0; i < 50; ++i) sound.push_back(random.field_node());
  Node modulus;
  std::memcpy(modulus.data(), field_modulus, node_bytes);
  Node largest;
  largest.fill(0xff);
  std::vector<Node> out(sound.size());
  for (const Node& bad : {modulus, largest}) {
    auto broken = sound;
    broken[33] = bad;
    for (const auto& [a, b] : {std::pair(&broken, &sound), std::pair(&sound, &broken)}) {
      CHECK(add_nodes(a->data(), b->data(), out.data(), out.size()) == 33);
      CHECK(subtract_nodes(a->data(), b->data(), out.data(), out.size()) == 33);
    }
  }
}
