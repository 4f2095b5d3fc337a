#include <doctest/doctest.h>

#include "kernels/blake2b.h"
#include "kernels/chacha.h"
#include "kernels/cpu.h"
#include "kernels/sha256.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

TEST_CASE("SHA-256 has the digests of FIPS 180") {
  CHECK(to_hex(sha256("abc", 3)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256("", 0)) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  CHECK(to_hex(sha256(two_blocks.data(), two_blocks.size())) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("SHA-256 of a message does not depend on how it is split") {
  Random random(1);
  for (std::size_t length = 0; length < 300; length += 7) {
    const auto message = random.bytes(length);
    Sha256 hash;
    for (std::size_t at = 0; at < length;) {
      const std::size_t part = std::min<std::size_t>(random.below(90) + 1, length - at);
      hash.update(message.data() + at, part);
      at += part;
    }
    CHECK(hash.digest() == sha256(message.data(), length));
  }
}

TEST_CASE("every SHA-256 implementation has the result of the plain one") {
  Random random(2);
  const auto message = random.bytes(64 * 9);
  for (std::size_t blocks = 0; blocks <= 9; ++blocks) {
    std::uint32_t expected[8];
    std::uint32_t actual[8];
    for (unsigned i = 0; i < 8; ++i) expected[i] = actual[i] = static_cast<std::uint32_t>(random.next());
    plain::sha256_compress(expected, message.data(), blocks);
    if (detected_features().sha_ni) {
      sha_ni::sha256_compress(actual, message.data(), blocks);
      CHECK(std::equal(actual, actual + 8, expected));
    }
  }
}

TEST_CASE("every sha254 row implementation has the result of the plain one, also in place") {
  Random random(3);
  for (std::size_t parents = 0; parents <= 37; ++parents) {
    std::vector<Node> children(2 * parents);
    for (Node& child : children) child = random.node();
    std::vector<Node> expected(parents);
    plain::sha254_row(children.data(), expected.data(), parents);
    std::vector<Node> actual(parents);
    if (detected_features().sha_ni) {
      sha_ni::sha254_row(children.data(), actual.data(), parents);
      CHECK(actual == expected);
    }
    if (detected_features().avx2) {
      avx2::sha254_row(children.data(), actual.data(), parents);
      CHECK(actual == expected);
    }
    sha254_row(children.data(), children.data(), parents);
    children.resize(parents);
    CHECK(children == expected);
  }
}

TEST_CASE("BLAKE2b has the digests of RFC 7693 and of keyed messages") {
  std::uint8_t digest[64];
  blake2b(digest, 64, "abc", 3);
  CHECK(to_hex(digest, 64) ==
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  blake2b(digest, 64, "", 0);
  CHECK(to_hex(digest, 64) ==
        "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
        "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce");
  std::uint8_t key[64];
  std::uint8_t message[255];
  for (unsigned i = 0; i < 64; ++i) key[i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 255; ++i) message[i] = static_cast<std::uint8_t>(i);
  blake2b(digest, 64, message, 255, key, 64);
  CHECK(to_hex(digest, 64) ==
        "142709d62e28fcccd0af97fad0f8465b971e82201dc51070faa0372aa43e9248"
        "4be1c1e73ba10906d5d1853db6a4106e0a7bf9800d373d6dee2d46d62ef2a461");
}

TEST_CASE("ChaCha20 has the block of RFC 8439") {
  std::uint8_t key[32];
  for (unsigned i = 0; i < 32; ++i) key[i] = static_cast<std::uint8_t>(i);
  std::uint32_t state[16];
  chacha_key(state, key);
  state[12] = 1;
  state[13] = 0x09000000;
  state[14] = 0x4a000000;
  state[15] = 0;
  std::uint32_t output[16];
  chacha_block(state, 20, output);
  CHECK(output[0] == 0xe4e7f110);
  CHECK(output[15] == 0x4e3c50a2);
}
