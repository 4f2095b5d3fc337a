#include "kernels/field.h"

#include <doctest/doctest.h>

#include "kernels/encode.h"
#include "kernels/failure.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

TEST_CASE("field elements obey the field's laws") {
  Random random(21);
  for (int trial = 0; trial < 200; ++trial) {
    const Fr a = Fr::from_node(random.field_node());
    const Fr b = Fr::from_node(random.field_node());
    const Fr c = Fr::from_node(random.field_node());
    CHECK(a * (b + c) == a * b + a * c);
    CHECK(a - b + b == a);
    CHECK(a * Fr::one() == a);
    if (!(a == Fr())) CHECK(a * a.inverse() == Fr::one());
    CHECK(Fr::from_node(a.to_node()) == a);
  }
}

TEST_CASE("values from the modulus on are refused as field elements") {
  Node modulus;
  for (unsigned i = 0; i < 4; ++i) store_le64(&modulus[8 * i], field_modulus[i]);
  CHECK_FALSE(is_canonical(modulus));
  CHECK_THROWS_AS(Fr::from_node(modulus), Failure);
  Node below = modulus;
  below[0] -= 1;
  CHECK(is_canonical(below));
  CHECK(Fr::from_node(below) + Fr::one() == Fr());
  Node top;
  top.fill(0xff);
  CHECK_FALSE(is_canonical(top));
}

TEST_CASE("encoding adds canonical nodes and decoding is its inverse") {
  Random random(22);
  std::vector<Node> labels(100);
  std::vector<Node> data(100);
  for (std::size_t i = 0; i < 100; ++i) {
    labels[i] = random.field_node();
    data[i] = random.field_node();
  }
  std::vector<Node> replica(100);
  REQUIRE_FALSE(add_nodes(labels.data(), data.data(), replica.data(), 100));
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(replica[i] == (Fr::from_node(labels[i]) + Fr::from_node(data[i])).to_node());
  }
  REQUIRE_FALSE(subtract_nodes(replica.data(), labels.data(), replica.data(), 100));
  CHECK(replica == data);
}

TEST_CASE("encoding and decoding report the first node that is not a field element") {
  std::vector<Node> labels(10, Node{});
  std::vector<Node> data(10, Node{});
  data[7].fill(0xff);
  std::vector<Node> out(10);
  CHECK(add_nodes(labels.data(), data.data(), out.data(), 10) == 7);
  CHECK(subtract_nodes(data.data(), labels.data(), out.data(), 10) == 7);
}

TEST_CASE("a published replica is the sum of key and data") {
  const Json file = Json::of_vectors("sealing-encode.json");
  const auto data = from_base64(file["unsealed"].text());
  const auto key = from_base64(file["key_last_layer"].text());
  const auto sealed = from_base64(file["sealed"].text());
  REQUIRE(sealed.size() == 2048);
  std::vector<std::uint8_t> out(2048);
  REQUIRE_FALSE(add_nodes(reinterpret_cast<const Node*>(key.data()),
                          reinterpret_cast<const Node*>(data.data()), reinterpret_cast<Node*>(out.data()),
                          64));
  CHECK(out == sealed);
  REQUIRE_FALSE(subtract_nodes(reinterpret_cast<const Node*>(sealed.data()),
                               reinterpret_cast<const Node*>(key.data()), reinterpret_cast<Node*>(out.data()),
                               64));
  CHECK(out == data);
}
