#include "kernels/sector_update.h"

#include <algorithm>
#include <vector>

#include "kernels/base_trees.h"
#include "kernels/cache_files.h"
#include "kernels/commitment.h"
#include "kernels/encode.h"
#include "kernels/failure.h"
#include "kernels/field.h"
#include "kernels/new_file.h"
#include "kernels/poseidon.h"
#include "kernels/unpadded_range.h"
#include "kernels/update.h"

namespace seal {

namespace {

constexpr std::uint64_t t_aux_limit = 10240;

File open_whole(const std::string& path, std::uint64_t bytes) {
  File file = File::open_read(path);
  file.require_size(bytes);
  return file;
}

Node comm_r_of(const Node& comm_c, const Node& comm_r_last) {
  const Node commitments[2] = {comm_c, comm_r_last};
  return poseidon_hash(commitments);
}

/// Calls `step(at, count)` for each run of nodes that share one rho; `step` returns the index of a bad node,
/// if any.
template <typename Step>
void for_each_rho(const UpdateRho& rho, std::uint64_t first, std::size_t nodes, Step step) {
  for (std::size_t at = 0; at < nodes;) {
    const std::size_t count = std::min<std::uint64_t>(rho.same_from(first + at), nodes - at);
    step(at, count);
    at += count;
  }
}

/// Writes the small files of a cache, p_aux last: its presence marks the cache as complete.
void write_aux(const std::string& t_aux, const std::string& cache_dir, const PersistentAux& p_aux) {
  if (!t_aux.empty()) write_small_file(t_aux_file(cache_dir), t_aux.data(), t_aux.size());
  write_p_aux(p_aux_file(cache_dir), p_aux);
}

}  // namespace

UpdateResult encode_update(const Shape& shape, const UpdateRequest& request, const Threads& threads,
                           Control& control) {
  const PersistentAux key_aux = read_p_aux(p_aux_file(request.key_cache_dir));
  const File key = open_whole(request.key_path, shape.sector_bytes);
  const File data = File::open_read(request.data_path);
  if (data.size() < shape.sector_bytes) data.require_size(shape.sector_bytes);
  for (const File* input : {&key, &data}) require_other_file(*input, request.replica_path);
  // The update inherits rows_to_discard from the key's t_aux (docs/spec/sealing.md section 14.3). Builds of
  // the reference with a fixed setting do not write that file.
  const std::string key_t_aux = t_aux_file(request.key_cache_dir);
  const std::string t_aux = file_exists(key_t_aux) ? read_small_file(key_t_aux, t_aux_limit) : std::string();
  const unsigned rows_to_discard =
      t_aux.empty() ? shape.rows_to_discard()
                    : static_cast<unsigned>(decode_t_aux(t_aux, key_t_aux).tree_r_last.rows_to_discard);
  require(rows_to_discard < shape.base_levels(), "the key's t_aux discards more rows than the trees have");

  make_directories(request.update_cache_dir);
  remove_file_if_present(p_aux_file(request.update_cache_dir));
  UpdateResult result;
  result.comm_d_new =
      build_tree_d(&data, shape.nodes, tree_d_file(request.update_cache_dir), threads, control);
  if (request.expected_comm_d && *request.expected_comm_d != result.comm_d_new) {
    throw Failure(FailureCode::mismatch,
                  "the data in " + request.data_path + " has CommD " + to_hex(result.comm_d_new) +
                      ", its pieces have CommD " + to_hex(*request.expected_comm_d),
                  request.data_path);
  }

  const Node phi = update_phi(result.comm_d_new, comm_r_of(key_aux.comm_c, key_aux.comm_r_last));
  const UpdateRho rho(phi, shape.nodes, update_parameters(shape.nodes).h);
  NewFile replica(request.replica_path);
  replica.file().allocate(shape.sector_bytes);
  control.begin("tree-r", shape.nodes);
  result.comm_r_last_new = build_base_trees(
      shape, tree_r_last_layout(shape, rows_to_discard),
      [&](std::uint64_t first, std::span<Node> nodes) {
        std::vector<Node> fresh(nodes.size());
        key.read(nodes.data(), nodes.size_bytes(), first * node_bytes);
        data.read(fresh.data(), nodes.size_bytes(), first * node_bytes);
        for_each_rho(rho, first, nodes.size(), [&](std::size_t at, std::size_t count) {
          const auto bad = update_encode_nodes(&nodes[at], &fresh[at], rho.of(first + at), &nodes[at], count);
          if (bad) fail_first_not_canonical(data, key, first + at + *bad);
        });
        replica.file().write(nodes.data(), nodes.size_bytes(), first * node_bytes);
      },
      [&](unsigned tree) { return tree_r_last_file(request.update_cache_dir, shape, tree); }, threads,
      control);
  replica.commit(control);

  result.comm_r_new = comm_r_of(key_aux.comm_c, result.comm_r_last_new);
  write_aux(t_aux, request.update_cache_dir, {key_aux.comm_c, result.comm_r_last_new});
  return result;
}

void decode_update(const Shape& shape, const UpdateDecodeRequest& request, const Threads& threads,
                   Control& control) {
  require_unpadded_range(shape.sector_bytes, request.offset, request.bytes);
  const File replica = open_whole(request.replica_path, shape.sector_bytes);
  const File key = open_whole(request.key_path, shape.sector_bytes);
  require_other_file(key, request.output_path);
  const UpdateRho rho(update_phi(request.comm_d_new, request.comm_r_old), shape.nodes,
                      update_parameters(shape.nodes).h);
  control.begin("decode", nodes_around(request.offset, request.bytes));
  const auto decode = [&](std::uint64_t first, std::span<Node> data) {
    std::vector<Node> keys(data.size());
    replica.read(data.data(), data.size_bytes(), first * node_bytes);
    key.read(keys.data(), data.size_bytes(), first * node_bytes);
    for_each_rho(rho, first, data.size(), [&](std::size_t at, std::size_t count) {
      const auto bad =
          update_decode_nodes(&data[at], &keys[at], rho.inverse_of(first + at), &data[at], count);
      if (bad) fail_first_not_canonical(replica, key, first + at + *bad);
    });
  };
  write_unpadded_range(request.output_path, request.offset, request.bytes,
                       {replica, request.comm_d_new, decode}, threads, control);
}

void remove_update(const Shape& shape, const RemoveUpdateRequest& request, const Threads& threads,
                   Control& control) {
  const File replica = open_whole(request.replica_path, shape.sector_bytes);
  const File data = File::open_read(request.data_path);
  if (data.size() < shape.sector_bytes) data.require_size(shape.sector_bytes);
  for (const File* input : {&replica, &data}) require_other_file(*input, request.key_path);
  const UpdateRho rho(update_phi(request.comm_d_new, request.comm_r_old), shape.nodes,
                      update_parameters(shape.nodes).h);

  make_directories(request.key_cache_dir);
  remove_file_if_present(p_aux_file(request.key_cache_dir));
  NewFile key(request.key_path);
  key.file().allocate(shape.sector_bytes);
  control.begin("tree-r", shape.nodes);
  const Node comm_r_last = build_base_trees(
      shape, tree_r_last_layout(shape),
      [&](std::uint64_t first, std::span<Node> nodes) {
        std::vector<Node> old(nodes.size());
        replica.read(nodes.data(), nodes.size_bytes(), first * node_bytes);
        data.read(old.data(), nodes.size_bytes(), first * node_bytes);
        for_each_rho(rho, first, nodes.size(), [&](std::size_t at, std::size_t count) {
          const auto bad = update_remove_nodes(&nodes[at], &old[at], rho.of(first + at), &nodes[at], count);
          if (bad) fail_first_not_canonical(data, replica, first + at + *bad);
        });
        key.file().write(nodes.data(), nodes.size_bytes(), first * node_bytes);
      },
      [&](unsigned tree) { return tree_r_last_file(request.key_cache_dir, shape, tree); }, threads, control);
  if (comm_r_of(request.comm_c, comm_r_last) != request.comm_r_old) {
    for (unsigned tree = 0; tree < shape.base_trees(); ++tree) {
      remove_file_if_present(tree_r_last_file(request.key_cache_dir, shape, tree));
    }
    throw Failure(FailureCode::mismatch,
                  "the regenerated sector key does not have CommR " + to_hex(request.comm_r_old) +
                      ": replica, data or commitments do not belong together",
                  request.replica_path);
  }
  key.commit(control);
  write_aux(encode_t_aux(temporary_aux_of(shape, request.key_cache_dir)), request.key_cache_dir,
            {request.comm_c, comm_r_last});
}

}  // namespace seal
