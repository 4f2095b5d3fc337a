// docs/spec/sealing.md section 3: piece commitments, zero commitments, and CommD from pieces.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/control.h"
#include "kernels/file.h"
#include "kernels/threads.h"

namespace seal {

/// z(level): the root over 2^level zero nodes, level 0 to 63.
const Node& zero_commitment(unsigned level);

/// Smallest valid padded piece size (a power of two, at least 128) that holds this many payload bytes.
std::uint64_t padded_piece_bytes(std::uint64_t payload_bytes);

struct Piece {
  std::uint64_t padded_bytes;
  Node commitment;
};

/// CommD of a sector of `sector_bytes` from its pieces in order. Each is aligned to its own size (section
/// 3.3).
Node comm_d_of_pieces(std::uint64_t sector_bytes, std::span<const Piece> pieces);

/// Number of unpadded zero bytes to write before and after a piece of `piece_bytes` unpadded bytes when the
/// sector already contains `written_bytes` unpadded bytes.
struct PieceFill {
  std::uint64_t before;
  std::uint64_t after;
};
PieceFill piece_fill(std::uint64_t written_bytes, std::uint64_t piece_bytes);

/// CommP of a payload that arrives in parts of any length.
class PieceHasher {
 public:
  PieceHasher();
  void update(const std::uint8_t* payload, std::size_t bytes);
  std::uint64_t payload_bytes() const { return payload_bytes_; }
  /// The commitment over the payload, zero-extended to `padded_bytes` (0: the smallest valid size). Call it
  /// once, at the end.
  Piece finish(std::uint64_t padded_bytes = 0);

 private:
  void push_batch();
  void push_root(Node root);

  std::vector<std::uint8_t> pending_;  // unpadded bytes of the current batch
  std::vector<Node> roots_;            // roots_[i] is of a subtree of heights_[i] batches, in descending size
  std::vector<unsigned> heights_;
  std::uint64_t payload_bytes_ = 0;
};

/// CommP of the bytes [offset, offset + payload_bytes) of a file, zero-extended to `padded_bytes` (0: the
/// smallest valid size). Progress counts payload bytes.
Piece piece_of_file(const File& file, std::uint64_t offset, std::uint64_t payload_bytes,
                    std::uint64_t padded_bytes, const Threads& threads, Control& control);

/// Builds tree D over `nodes` padded data nodes, writes its file under a temporary name, and renames it. A
/// null `data` means zeros. Progress stage "tree-d" counts nodes. Returns CommD.
Node build_tree_d(const File* data, std::uint64_t nodes, const std::string& path, const Threads& threads,
                  Control& control);

}  // namespace seal
