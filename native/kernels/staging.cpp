#include "kernels/staging.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "kernels/failure.h"
#include "kernels/fr32.h"
#include "kernels/new_file.h"
#include "kernels/tree.h"

namespace seal {

namespace {

constexpr std::uint64_t block_nodes = fr32_padded_block / node_bytes;

/// Reads the padded nodes [first, first + nodes.size()) of a payload; both are whole blocks.
void read_padded(const File& payload, std::uint64_t payload_bytes, std::uint64_t first,
                 std::span<Node> nodes) {
  const std::uint64_t blocks = nodes.size() / block_nodes;
  const std::uint64_t from = first / block_nodes * fr32_unpadded_block;
  std::vector<std::uint8_t> unpadded(blocks * fr32_unpadded_block);
  if (from < payload_bytes) {
    payload.read(unpadded.data(), std::min<std::uint64_t>(unpadded.size(), payload_bytes - from), from);
  }
  fr32_pad_blocks(unpadded.data(), nodes[0].data(), blocks);
}

/// Writes the padded piece to its offset; fills a gap after the end of the file with zeros.
Node write_piece(const StagePieceRequest& request, const File& payload, const File& staged,
                 const Threads& threads, Control& control) {
  staged.allocate(std::max(staged.size(), request.staged_offset + request.padded_bytes));
  const TreeLayout layout(TreeHash::sha254, request.padded_bytes / node_bytes);
  control.begin("piece", layout.leaves());
  return build_tree(
      layout,
      [&](std::uint64_t first, std::span<Node> nodes) {
        read_padded(payload, request.payload_bytes, first, nodes);
        staged.write(nodes.data(), nodes.size_bytes(), request.staged_offset + first * node_bytes);
      },
      nullptr, threads, control);
}

}  // namespace

Piece stage_piece(const StagePieceRequest& request, const Threads& threads, Control& control) {
  require(std::has_single_bit(request.padded_bytes) && request.padded_bytes >= fr32_padded_block,
          "a padded piece size is a power of two of at least 128 bytes");
  require(request.staged_offset % request.padded_bytes == 0, "a piece lies at a multiple of its size");
  require(request.payload_bytes <= fr32_unpadded_size(request.padded_bytes),
          "the payload fits into its piece");
  const File payload = File::open_read(request.payload_path);
  require_other_file(payload, request.staged_path);
  if (request.replace || !file_exists(request.staged_path)) {
    NewFile staged(request.staged_path);
    const Node commitment = write_piece(request, payload, staged.file(), threads, control);
    staged.commit(control);
    return {request.padded_bytes, commitment};
  }
  const File staged = File::open_update(request.staged_path);
  const std::uint64_t former_size = staged.size();
  try {
    const Node commitment = write_piece(request, payload, staged, threads, control);
    staged.sync(control);
    return {request.padded_bytes, commitment};
  } catch (const Failure&) {
    staged.resize(former_size);
    throw;
  }
}

}  // namespace seal
