#include "kernels/unpadded_range.h"

#include <algorithm>
#include <vector>

#include "kernels/failure.h"
#include "kernels/fr32.h"
#include "kernels/new_file.h"
#include "kernels/tree.h"

namespace seal {

namespace {

constexpr std::uint64_t step_blocks = 8192;  // 1 MiB of padded data
constexpr std::uint64_t block_nodes = fr32_padded_block / node_bytes;

std::uint64_t first_block_of(std::uint64_t offset) {
  return offset / fr32_unpadded_block;
}
std::uint64_t end_block_of(std::uint64_t offset, std::uint64_t bytes) {
  return (offset + bytes - 1) / fr32_unpadded_block + 1;
}

/// Throws unless the two highest bits of every node are zero, as in padded data (docs/spec/sealing.md section
/// 2).
void require_padded(const File& replica, std::uint64_t first, std::span<const Node> data) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    if ((data[i][node_bytes - 1] & 0xc0) == 0) continue;
    const std::uint64_t offset = (first + i) * node_bytes;
    throw Failure(FailureCode::mismatch,
                  "the data unsealed from " + replica.path() + " at offset " + std::to_string(offset) +
                      " is not padded data: it was sealed as another sector or with other data",
                  replica.path(), offset);
  }
}

void require_comm_d(const DecodedSector& sector, const Node& actual) {
  if (actual == sector.comm_d) return;
  throw Failure(FailureCode::mismatch,
                "the data unsealed from " + sector.replica.path() + " has CommD " + to_hex(actual) +
                    ", not " + to_hex(sector.comm_d) + ": it was sealed as another sector or with other data",
                sector.replica.path());
}

}  // namespace

void require_unpadded_range(std::uint64_t sector_bytes, std::uint64_t offset, std::uint64_t bytes) {
  const std::uint64_t unpadded = fr32_unpadded_size(sector_bytes);
  require(bytes >= 1 && offset < unpadded && bytes <= unpadded - offset,
          "the range lies within the sector's unpadded bytes and is not empty");
}

std::uint64_t nodes_around(std::uint64_t offset, std::uint64_t bytes) {
  return (end_block_of(offset, bytes) - first_block_of(offset)) * block_nodes;
}

void write_unpadded_range(const std::string& path, std::uint64_t offset, std::uint64_t bytes,
                          const DecodedSector& sector, const Threads& threads, Control& control) {
  const std::uint64_t first_block = first_block_of(offset);
  const std::uint64_t end_block = end_block_of(offset, bytes);
  const std::uint64_t steps = (end_block - first_block + step_blocks - 1) / step_blocks;
  const bool whole = bytes == fr32_unpadded_size(sector.replica.size());
  std::vector<Node> roots(whole ? steps : 0);  // one for each step, a subtree of tree D

  require_other_file(sector.replica, path);
  NewFile output(path);
  output.file().allocate(bytes);
  for_each_item(threads, steps, [&](std::uint64_t step, unsigned) {
    const std::uint64_t block = first_block + step * step_blocks;
    const std::uint64_t blocks = std::min(step_blocks, end_block - block);
    std::vector<Node> data(blocks * block_nodes);
    sector.data(block * block_nodes, data);
    require_padded(sector.replica, block * block_nodes, data);
    if (whole) roots[step] = tree_root(TreeHash::sha254, data);
    const std::uint64_t begin = std::max(offset, block * fr32_unpadded_block);
    const std::uint64_t end = std::min(offset + bytes, (block + blocks) * fr32_unpadded_block);
    std::vector<std::uint8_t> unpadded(end - begin);
    fr32_unpad_range(data[0].data(), begin - block * fr32_unpadded_block, unpadded.size(), unpadded.data());
    output.file().write(unpadded.data(), unpadded.size(), begin - offset);
    control.advance(data.size());
  });
  if (whole) require_comm_d(sector, tree_root(TreeHash::sha254, roots));
  output.commit(control);
}

}  // namespace seal
