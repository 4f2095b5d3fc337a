#include "kernels/commitment.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "kernels/failure.h"
#include "kernels/fr32.h"
#include "kernels/sha256.h"
#include "kernels/tree.h"
#include "test/go_random.h"
#include "test/vectors.h"

using namespace seal;
using namespace seal::test;

namespace {

/// A literal implementation of docs/spec/sealing.md section 3.1: pad all bytes, hash all nodes.
Node commitment_of(const std::vector<std::uint8_t>& payload, std::uint64_t padded_bytes) {
  std::vector<Node> nodes(padded_bytes / node_bytes, Node{});
  fr32_pad(payload.data(), payload.size(), nodes[0].data());
  return tree_root(TreeHash::sha254, nodes);
}

Piece piece_of(const std::vector<std::uint8_t>& payload) {
  PieceHasher hasher;
  hasher.update(payload.data(), payload.size());
  return hasher.finish();
}

std::vector<std::uint8_t> first_bytes(std::vector<std::uint8_t> bytes, std::uint64_t count) {
  bytes.resize(count);
  return bytes;
}

/// The last 32 bytes of a CID in base32.
Node commitment_of_cid(const std::string& cid) {
  const std::string alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char letter : cid.substr(1)) {
    bits = bits << 5 | static_cast<std::uint32_t>(alphabet.find(letter));
    count += 5;
    if (count >= 8) bytes.push_back(static_cast<std::uint8_t>(bits >> (count -= 8)));
  }
  Node commitment;
  std::copy(bytes.end() - node_bytes, bytes.end(), commitment.begin());
  return commitment;
}

}  // namespace

TEST_CASE("zero commitments are the published ones") {
  const Json file = Json::of_vectors("sealing-zero-commitments.json");
  REQUIRE(file["entries"].size() >= 35);
  for (const Json& entry : file["entries"].items()) {
    CHECK(zero_commitment(static_cast<unsigned>(entry["level"].number())) == entry["root"].node());
    CHECK(fr32_unpadded_size(entry["padded_bytes"].number()) == entry["unpadded_bytes"].number());
    CHECK(padded_piece_bytes(entry["unpadded_bytes"].number()) == entry["padded_bytes"].number());
  }
  REQUIRE(file["levels_0_1"].size() == 2);
  for (unsigned level : {0u, 1u}) CHECK(zero_commitment(level) == file["levels_0_1"][level].node());
}

TEST_CASE("published payload samples have the published commitments") {
  const Json file = Json::of_vectors("sealing-commp.json");
  REQUIRE(file["random_payload_samples"].size() >= 6);
  for (const Json& sample : file["random_payload_samples"].items()) {
    const auto payload = sample["payload_hex"].bytes();
    CHECK(payload == first_bytes(GoRandom(1337).bytes((payload.size() + 3) / 4 * 4), payload.size()));
    const Piece piece = piece_of(payload);
    CHECK(piece.padded_bytes == sample["padded_piece_bytes"].number());
    CHECK(piece.commitment == sample["root"].node());
  }
  for (const Json& extra : file["extra"].items()) {
    std::vector<std::uint8_t> payload;  // "127 bytes each of 0x00,0x01,0x02,0x03"
    for (std::uint8_t byte = 0; byte < 4; ++byte) payload.insert(payload.end(), 127, byte);
    CHECK(payload.size() == extra["payload_bytes"].number());
    CHECK(piece_of(payload).commitment == extra["root"].node());
    CHECK(piece_of(payload).commitment == commitment_of_cid(extra["piece_cid"].text()));
  }
}

TEST_CASE("published payloads of random bytes have the published piece CIDs") {
  constexpr std::uint64_t most = std::uint64_t{9} << 20;  // the limit for the normal test run
  const Json file = Json::of_vectors("sealing-commp.json");
  const auto stream = GoRandom(1337).bytes(most);
  unsigned compared = 0;
  for (const Json& vector : file["random_payloads"].items()) {
    if (vector["payload_bytes"].number() > most) continue;
    const Piece piece = piece_of(first_bytes(stream, vector["payload_bytes"].number()));
    CHECK(piece.padded_bytes == vector["padded_piece_bytes"].number());
    CHECK(piece.commitment == commitment_of_cid(vector["piece_cid"].text()));
    ++compared;
  }
  CHECK(compared == 42);
}

TEST_CASE("a stream, a file and the definition have the same commitment for every length and split") {
  Random random(51);
  TemporaryDirectory directory;
  const std::uint64_t batch = 127 * 8192;  // the unit of streaming: errors are likely at its bounds
  for (const std::uint64_t length :
       {std::uint64_t{1}, std::uint64_t{65}, std::uint64_t{127}, std::uint64_t{128}, batch - 1, batch,
        batch + 1, 3 * batch + 12345, 4 * batch, 5 * batch + 1}) {
    const auto payload = random.bytes(length);
    const std::uint64_t padded = padded_piece_bytes(length);
    const Node expected = commitment_of(payload, padded);

    PieceHasher hasher;
    for (std::size_t at = 0; at < length;) {
      const std::size_t part = std::min<std::size_t>(random.below(300000) + 1, length - at);
      hasher.update(payload.data() + at, part);
      at += part;
    }
    CHECK(hasher.finish().commitment == expected);

    const File file = File::open_or_create(directory.file("payload"));
    file.write("xyz", 3, 0);
    file.write(payload.data(), payload.size(), 3);
    Control control;
    const Piece piece = piece_of_file(file, 3, length, 0, {2, {}}, control);
    CHECK(piece.padded_bytes == padded);
    CHECK(piece.commitment == expected);
    CHECK(piece_of_file(file, 3, length, 4 * padded, {2, {}}, control).commitment ==
          commitment_of(payload, 4 * padded));
  }
}

TEST_CASE("CommD of aligned pieces equals the root over the sector's data") {
  Random random(52);
  for (int trial = 0; trial < 60; ++trial) {
    const std::uint64_t sector = 2048u << random.below(3);
    std::vector<Piece> pieces;
    std::vector<std::uint8_t> data;
    for (;;) {
      const auto payload = random.bytes(random.below(sector / 3) + 1);
      const PieceFill fill = piece_fill(data.size(), payload.size());
      if (data.size() + fill.before + payload.size() + fill.after > sector / 128 * 127) break;
      data.resize(data.size() + fill.before, 0);
      data.insert(data.end(), payload.begin(), payload.end());
      data.resize(data.size() + fill.after, 0);
      const std::uint64_t padded = padded_piece_bytes(payload.size());
      pieces.push_back({padded, commitment_of(payload, padded)});
    }
    CHECK(comm_d_of_pieces(sector, pieces) == commitment_of(data, sector));
  }
}

TEST_CASE("pieces that do not fit are refused") {
  const std::vector<Piece> pieces = {
      {1024, zero_commitment(5)}, {128, zero_commitment(2)}, {1024, zero_commitment(5)}};
  CHECK_THROWS_AS(comm_d_of_pieces(2048, pieces), Failure);
  CHECK(comm_d_of_pieces(4096, pieces) == zero_commitment(7));
  CHECK_THROWS_AS(comm_d_of_pieces(4096, std::vector<Piece>{{100, Node{}}}), Failure);
}

TEST_CASE("the fill before and after a piece is that of the reference's tests") {
  const auto fill = [](std::uint64_t written, std::uint64_t piece) {
    const PieceFill f = piece_fill(written, piece);
    return std::pair(f.before, f.after);
  };
  CHECK(fill(100, 100) == std::pair<std::uint64_t, std::uint64_t>(27, 27));
  CHECK(fill(200, 200) == std::pair<std::uint64_t, std::uint64_t>(54, 54));
  CHECK(fill(300, 300) == std::pair<std::uint64_t, std::uint64_t>(208, 208));
  CHECK(fill(127, 508) == std::pair<std::uint64_t, std::uint64_t>(381, 0));
}

TEST_CASE("a file that ends too early is reported with its offset") {
  TemporaryDirectory directory;
  const File file = File::open_or_create(directory.file("short"));
  file.resize(1000);
  Control control;
  try {
    piece_of_file(file, 0, 2000, 0, {}, control);
    FAIL("nothing was thrown");
  } catch (const Failure& failure) {
    CHECK(failure.code() == FailureCode::wrong_size);
    CHECK(failure.file() == file.path());
    CHECK(failure.offset() == 1000);
  }
}
