#include "kernels/encode.h"

#include <doctest/doctest.h>

#include <vector>

#include "kernels/cpu.h"
#include "kernels/field.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

/// Elements at the edges of the limbs and of the field, where carries run furthest.
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

void check_forms(const std::vector<Node>& a, const std::vector<Node>& b) {
  std::vector<Node> expected(a.size());
  std::vector<Node> actual(a.size());
  CHECK(plain::add_nodes(a.data(), b.data(), expected.data(), a.size()) ==
        avx2::add_nodes(a.data(), b.data(), actual.data(), a.size()));
  CHECK(actual == expected);
  CHECK(plain::subtract_nodes(a.data(), b.data(), expected.data(), a.size()) ==
        avx2::subtract_nodes(a.data(), b.data(), actual.data(), a.size()));
  CHECK(actual == expected);
}

}  // namespace

TEST_CASE("nodes are added and subtracted as field elements are") {
  Random random(97);
  for (int round = 0; round < 500; ++round) {
    const Node a = random.field_node();
    const Node b = random.field_node();
    Node result;
    CHECK_FALSE(plain::add_nodes(&a, &b, &result, 1));
    CHECK(result == (Fr::from_node(a) + Fr::from_node(b)).to_node());
    CHECK_FALSE(plain::subtract_nodes(&a, &b, &result, 1));
    CHECK(result == (Fr::from_node(a) - Fr::from_node(b)).to_node());
  }
}

TEST_CASE("the vector form adds and subtracts as the plain one, at every edge and at random") {
  if (!detected_features().avx2) return;
  const std::vector<Node> edges = edge_elements();
  for (std::size_t shift = 0; shift < edges.size(); ++shift) {
    std::vector<Node> turned;
    for (std::size_t i = 0; i < edges.size(); ++i) turned.push_back(edges[(i + shift) % edges.size()]);
    check_forms(edges, turned);
  }
  Random random(98);
  std::vector<Node> a;
  std::vector<Node> b;
  for (int i = 0; i < 20000; ++i) {
    a.push_back(random.field_node());
    b.push_back(random.field_node());
  }
  check_forms(a, b);
}

TEST_CASE("both forms refuse the first node that is no field element") {
  if (!detected_features().avx2) return;
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
      CHECK(avx2::add_nodes(a->data(), b->data(), out.data(), out.size()) == 33);
      CHECK(avx2::subtract_nodes(a->data(), b->data(), out.data(), out.size()) == 33);
      CHECK(plain::add_nodes(a->data(), b->data(), out.data(), out.size()) == 33);
      CHECK(plain::subtract_nodes(a->data(), b->data(), out.data(), out.size()) == 33);
    }
  }
}
