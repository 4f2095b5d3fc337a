#include "kernels/cache_files.h"

#include "kernels/failure.h"
#include "kernels/new_file.h"

namespace seal {

namespace {

std::string store_file(const std::string& cache_dir, const std::string& id) {
  return join_path(cache_dir, "sc-02-data-" + id + ".dat");
}

std::string suffixed(const char* id, const Shape& shape, unsigned base_tree) {
  return shape.base_trees() == 1 ? std::string(id) : std::string(id) + '-' + std::to_string(base_tree);
}

void append_u64(std::string& to, std::uint64_t value) {
  std::uint8_t bytes[8];
  store_le64(bytes, value);
  to.append(reinterpret_cast<const char*>(bytes), sizeof bytes);
}

void append_text(std::string& to, const std::string& text) {
  append_u64(to, text.size());
  to += text;
}

void append_config(std::string& to, const StoreConfig& config) {
  append_text(to, config.path);
  append_text(to, config.id);
  to.push_back(1);  // the size is an option, and present
  append_u64(to, config.size);
  append_u64(to, config.rows_to_discard);
}

class Reader {
 public:
  Reader(const std::string& bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  std::uint64_t u64() { return load_le64(reinterpret_cast<const std::uint8_t*>(take(8))); }

  std::string text() {
    const std::uint64_t length = u64();
    if (length > bytes_.size() - at_) fail("a text is longer than what is left");
    const char* from = take(length);
    return {from, length};
  }

  StoreConfig config() {
    StoreConfig config;
    config.path = text();
    config.id = text();
    if (*take(1) != 1) fail("a store has no size");
    config.size = u64();
    config.rows_to_discard = u64();
    return config;
  }

  void end() {
    if (at_ != bytes_.size()) fail("there are bytes after the end");
  }

  [[noreturn]] void fail(const char* what) const {
    throw Failure(FailureCode::malformed, path_ + " at offset " + std::to_string(at_) + ": " + what, path_,
                  at_);
  }

 private:
  const char* take(std::uint64_t count) {
    if (count > bytes_.size() - at_) fail("it ends too early");
    const char* from = bytes_.data() + at_;
    at_ += count;
    return from;
  }

  const std::string& bytes_;
  const std::string& path_;
  std::size_t at_ = 0;
};

}  // namespace

std::string layer_file(const std::string& cache_dir, unsigned layer) {
  return store_file(cache_dir, "layer-" + std::to_string(layer));
}
std::string tree_d_file(const std::string& cache_dir) {
  return store_file(cache_dir, "tree-d");
}
std::string tree_c_file(const std::string& cache_dir, const Shape& shape, unsigned base_tree) {
  return store_file(cache_dir, suffixed("tree-c", shape, base_tree));
}
std::string tree_r_last_file(const std::string& cache_dir, const Shape& shape, unsigned base_tree) {
  return store_file(cache_dir, suffixed("tree-r-last", shape, base_tree));
}
std::string p_aux_file(const std::string& cache_dir) {
  return join_path(cache_dir, "p_aux");
}
std::string t_aux_file(const std::string& cache_dir) {
  return join_path(cache_dir, "t_aux");
}
std::string synthetic_proofs_file(const std::string& cache_dir) {
  return join_path(cache_dir, "syn-porep-vanilla-proofs.dat");
}

TreeLayout tree_c_layout(const Shape& shape) {
  return {TreeHash::poseidon, shape.base_leaves()};
}

TreeLayout tree_r_last_layout(const Shape& shape, unsigned rows_to_discard) {
  return {TreeHash::poseidon, shape.base_leaves(), rows_to_discard + 1};
}

std::vector<std::uint64_t> tree_r_last_sizes(const Shape& shape) {
  std::vector<std::uint64_t> sizes;
  for (unsigned discarded = 0; discarded < shape.base_levels(); ++discarded) {
    sizes.push_back(tree_r_last_layout(shape, discarded).file_bytes());
  }
  return sizes;
}

PersistentAux read_p_aux(const std::string& path) {
  const File file = File::open_read(path);
  file.require_size(2 * node_bytes);
  PersistentAux aux;
  file.read(aux.comm_c.data(), node_bytes, 0);
  file.read(aux.comm_r_last.data(), node_bytes, node_bytes);
  return aux;
}

void write_p_aux(const std::string& path, const PersistentAux& aux) {
  std::uint8_t bytes[2 * node_bytes];
  std::memcpy(bytes, aux.comm_c.data(), node_bytes);
  std::memcpy(bytes + node_bytes, aux.comm_r_last.data(), node_bytes);
  write_small_file(path, bytes, sizeof bytes);
}

TemporaryAux temporary_aux_of(const Shape& shape, const std::string& cache_dir) {
  TemporaryAux aux;
  for (unsigned layer = 1; layer <= shape.layers; ++layer) {
    aux.layers.push_back({cache_dir, "layer-" + std::to_string(layer), shape.nodes, 0});
  }
  aux.tree_d = {cache_dir, "tree-d", shape.tree_d_nodes(), 0};
  aux.tree_r_last = {cache_dir, "tree-r-last", shape.base_tree_nodes(), shape.rows_to_discard()};
  aux.tree_c = {cache_dir, "tree-c", shape.base_tree_nodes(), 0};
  return aux;
}

std::string encode_t_aux(const TemporaryAux& aux) {
  std::string bytes;
  append_u64(bytes, aux.layers.size());
  for (const StoreConfig& layer : aux.layers) append_config(bytes, layer);
  append_config(bytes, aux.tree_d);
  append_config(bytes, aux.tree_r_last);
  append_config(bytes, aux.tree_c);
  return bytes;
}

TemporaryAux decode_t_aux(const std::string& bytes, const std::string& path) {
  Reader reader(bytes, path);
  TemporaryAux aux;
  const std::uint64_t layers = reader.u64();
  if (layers > 64) reader.fail("more layers than any sector has");
  for (std::uint64_t i = 0; i < layers; ++i) aux.layers.push_back(reader.config());
  aux.tree_d = reader.config();
  aux.tree_r_last = reader.config();
  aux.tree_c = reader.config();
  reader.end();
  return aux;
}

}  // namespace seal
