#include "kernels/commitment.h"

#include <algorithm>
#include <array>
#include <bit>

#include "kernels/failure.h"
#include "kernels/field.h"
#include "kernels/fr32.h"
#include "kernels/new_file.h"
#include "kernels/sha256.h"
#include "kernels/tree.h"

namespace seal {

namespace {

// A batch is the unit of streaming: 1 MiB padded, a subtree of 2^15 leaves.
constexpr unsigned batch_level = 15;
constexpr std::uint64_t batch_nodes = 1u << batch_level;
constexpr std::uint64_t batch_padded = batch_nodes * node_bytes;
constexpr std::uint64_t batch_unpadded = fr32_unpadded_size(batch_padded);

unsigned level_of(std::uint64_t padded_bytes) {
  return static_cast<unsigned>(std::countr_zero(padded_bytes / node_bytes));
}

void require_piece_size(std::uint64_t padded_bytes) {
  require(padded_bytes >= fr32_padded_block && std::has_single_bit(padded_bytes),
          "a padded piece size is a power of two of at least 128 bytes");
}

/// Root and level of the smallest subtree that holds these unpadded bytes (at most one batch).
struct Subtree {
  unsigned level;
  Node root;
};

Subtree subtree_of(const std::uint8_t* unpadded, std::size_t bytes) {
  const std::uint64_t padded = padded_piece_bytes(bytes);
  std::vector<Node> nodes(padded / node_bytes, Node{});
  fr32_pad(unpadded, bytes, nodes[0].data());
  return {level_of(padded), tree_root(TreeHash::sha254, nodes)};
}

Node raise(Subtree subtree, unsigned level) {
  for (; subtree.level < level; ++subtree.level)
    subtree.root = sha254(subtree.root, zero_commitment(subtree.level));
  return subtree.root;
}

/// Root at `level` over batch roots, extended with zeros; `first_level` is the level of the roots themselves.
Node root_over(std::vector<Node> row, unsigned first_level, unsigned level) {
  for (unsigned at = first_level; at < level; ++at) {
    if (row.size() % 2 == 1) row.push_back(zero_commitment(at));
    sha254_row(row.data(), row.data(), row.size() / 2);
    row.resize(row.size() / 2);
  }
  return row[0];
}

std::uint64_t chosen_piece_bytes(std::uint64_t payload_bytes, std::uint64_t padded_bytes) {
  const std::uint64_t smallest = padded_piece_bytes(payload_bytes);
  if (padded_bytes == 0) return smallest;
  require_piece_size(padded_bytes);
  require(padded_bytes >= smallest, "the payload does not fit into the piece size");
  return padded_bytes;
}

}  // namespace

const Node& zero_commitment(unsigned level) {
  static const std::array<Node, 64> table = [] {
    std::array<Node, 64> zeros{};
    for (unsigned i = 1; i < zeros.size(); ++i) zeros[i] = sha254(zeros[i - 1], zeros[i - 1]);
    return zeros;
  }();
  require(level < table.size(), "zero commitments exist for levels 0 to 63");
  return table[level];
}

std::uint64_t padded_piece_bytes(std::uint64_t payload_bytes) {
  require(payload_bytes <= std::uint64_t{1} << 48, "the payload is larger than any piece");
  return std::bit_ceil(fr32_padded_size(std::max<std::uint64_t>(payload_bytes, 1)));
}

Node comm_d_of_pieces(std::uint64_t sector_bytes, std::span<const Piece> pieces) {
  require_piece_size(sector_bytes);
  std::vector<Piece> stack;
  std::uint64_t filled = 0;

  const auto push = [&](const Piece& piece) {
    filled += piece.padded_bytes;
    stack.push_back(piece);
    while (stack.size() >= 2 && stack[stack.size() - 2].padded_bytes == stack.back().padded_bytes) {
      const Piece right = stack.back();
      stack.pop_back();
      stack.back() = {2 * right.padded_bytes, sha254(stack.back().commitment, right.commitment)};
    }
  };
  const auto push_zeros_of_top_size = [&] {
    const std::uint64_t bytes = stack.back().padded_bytes;
    push({bytes, zero_commitment(level_of(bytes))});
  };

  for (const Piece& piece : pieces) {
    require_piece_size(piece.padded_bytes);
    while (!stack.empty() && stack.back().padded_bytes < piece.padded_bytes) push_zeros_of_top_size();
    push(piece);
    require(filled <= sector_bytes, "the pieces, aligned to their sizes, do not fit into the sector");
  }
  if (stack.empty()) return zero_commitment(level_of(sector_bytes));
  while (stack.back().padded_bytes < sector_bytes) push_zeros_of_top_size();
  return stack.back().commitment;
}

PieceFill piece_fill(std::uint64_t written_bytes, std::uint64_t piece_bytes) {
  const std::uint64_t aligned = fr32_unpadded_size(padded_piece_bytes(piece_bytes));
  return {(aligned - written_bytes % aligned) % aligned, aligned - piece_bytes};
}

PieceHasher::PieceHasher() {
  pending_.reserve(batch_unpadded);
}

void PieceHasher::update(const std::uint8_t* payload, std::size_t bytes) {
  payload_bytes_ += bytes;
  while (bytes > 0) {
    const std::size_t taken = std::min<std::size_t>(bytes, batch_unpadded - pending_.size());
    pending_.insert(pending_.end(), payload, payload + taken);
    payload += taken;
    bytes -= taken;
    if (pending_.size() == batch_unpadded) push_batch();
  }
}

void PieceHasher::push_batch() {
  push_root(subtree_of(pending_.data(), pending_.size()).root);
  pending_.clear();
}

void PieceHasher::push_root(Node root) {
  unsigned height = 0;
  while (!heights_.empty() && heights_.back() == height) {
    root = sha254(roots_.back(), root);
    roots_.pop_back();
    heights_.pop_back();
    ++height;
  }
  roots_.push_back(root);
  heights_.push_back(height);
}

Piece PieceHasher::finish(std::uint64_t padded_bytes) {
  const std::uint64_t size = chosen_piece_bytes(payload_bytes_, padded_bytes);
  const unsigned level = level_of(size);
  if (heights_.empty()) return {size, raise(subtree_of(pending_.data(), pending_.size()), level)};

  if (!pending_.empty()) {
    pending_.resize(batch_unpadded, 0);
    push_batch();
  }
  Subtree top{batch_level + heights_.back(), roots_.back()};
  for (std::size_t i = roots_.size() - 1; i-- > 0;) {
    top.root = sha254(roots_[i], raise(top, batch_level + heights_[i]));
    top.level = batch_level + heights_[i] + 1;
  }
  return {size, raise(top, level)};
}

Piece piece_of_file(const File& file, std::uint64_t offset, std::uint64_t payload_bytes,
                    std::uint64_t padded_bytes, const Threads& threads, Control& control) {
  const std::uint64_t size = chosen_piece_bytes(payload_bytes, padded_bytes);
  control.begin("comm-p", payload_bytes);
  const std::uint64_t batches =
      std::max<std::uint64_t>((payload_bytes + batch_unpadded - 1) / batch_unpadded, 1);
  std::vector<Node> roots(batches);
  unsigned level = batch_level;
  for_each_item(threads, batches, [&](std::uint64_t batch, unsigned) {
    const std::uint64_t first = batch * batch_unpadded;
    const std::uint64_t bytes = std::min(batch_unpadded, payload_bytes - first);
    std::vector<std::uint8_t> unpadded(batches == 1 ? bytes : batch_unpadded, 0);
    file.read(unpadded.data(), bytes, offset + first);
    const Subtree subtree = subtree_of(unpadded.data(), unpadded.size());
    roots[batch] = subtree.root;
    if (batches == 1) level = subtree.level;
    control.advance(bytes);
  });
  return {size, root_over(std::move(roots), level, level_of(size))};
}

Node build_tree_d(const File* data, std::uint64_t nodes, const std::string& path, const Threads& threads,
                  Control& control) {
  const TreeLayout layout(TreeHash::sha254, nodes);
  NewFile file(path);
  file.file().allocate(layout.file_bytes());
  control.begin("tree-d", nodes);
  const Node root = build_tree(
      layout,
      [&](std::uint64_t first, std::span<Node> to) {
        if (data == nullptr) {
          std::fill(to.begin(), to.end(), Node{});
          return;
        }
        data->read(to.data(), to.size_bytes(), first * node_bytes);
        for (std::size_t i = 0; i < to.size(); ++i) {
          if (is_canonical(to[i])) continue;
          const std::uint64_t at = (first + i) * node_bytes;
          throw Failure(
              FailureCode::not_canonical,
              "the data at offset " + std::to_string(at) + " of " + data->path() + " is not a field element",
              data->path(), at);
        }
      },
      &file.file(), threads, control);
  file.commit(control);
  return root;
}

}  // namespace seal
