// The lane arithmetic of poseidon_lanes.h on an Arch of plain integers, which computes exactly what the
// instructions of AVX-512 IFMA are defined to compute: so that path is tested where no such processor is at
// hand.
#include "kernels/poseidon_lanes.h"

#include <doctest/doctest.h>

#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

struct Definition {
  using Int = std::uint64_t;
  using Operand = std::uint64_t;
  using Constant = std::uint64_t;
  static constexpr unsigned lanes = 1;
  static constexpr std::uint64_t low_bias = 0;
  static constexpr std::uint64_t high_bias = 0;

  static Int set(std::uint64_t value) { return value; }
  static Int load(const std::uint64_t* from) { return *from; }
  static void store(std::uint64_t* to, Int value) { *to = value; }
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
    REQUIRE(limb <= seal::lanes::limb_mask);  // the instructions would drop what is above
    return limb;
  }
  static void multiply_add(Int& low, Int& high, Operand a, Operand b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    low += static_cast<std::uint64_t>(product) & seal::lanes::limb_mask;
    high += static_cast<std::uint64_t>(product >> 52);
  }
  static void multiply_add_high(Int& high, Operand a, Operand b) {
    high += static_cast<std::uint64_t>((static_cast<unsigned __int128>(a) * b) >> 52);
  }
};

}  // namespace

TEST_CASE("Poseidon in lanes of 52-bit limbs gives what the plain path gives, and no limb overflows") {
  Random random(91);
  for (const unsigned arity : {2u, 4u, 8u, 11u}) {
    const lanes::Constants<Definition> constants(arity);
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
