// docs/spec/sealing.md section 6 with the SHA extensions. After the first block, a label's message repeats
// with a period of three blocks (layer 1) or seven, so their schedules are computed once and reused. The
// first block of a node does not depend on a label, so it is hashed together with the previous node. The
// serial chain is nineteen compressions per node.
#include "kernels/label.h"

#include "kernels/simd/x86/sha_ni/rounds.h"

namespace seal::sha_ni {

namespace {

constexpr unsigned parent_blocks =
    18;  // whole blocks of two parents; the 37th parent shares its block with the padding

/// Reads the parents of a node from the layers, and prefetches those of later nodes.
template <unsigned n>
class RowSource {
 public:
  RowSource(const LabelLayer* sectors, const std::uint32_t* rows, std::uint64_t row_end)
      : sectors_(sectors), rows_(rows), row_end_(row_end) {}

  template <unsigned degree>
  void parents(std::uint64_t node, const std::uint8_t* (&parents)[n][graph_degree]) {
    const std::uint32_t* row = rows_ + node * graph_degree;
    for (unsigned k = 0; k < n; ++k) {
      for (unsigned i = 0; i < degree; ++i) parents[k][i] = layer_of(k, i)[row[i]].data();
    }
  }

  /// Prefetches parent `i` of a later node. Called between blocks, one parent at a time: many consecutive
  /// requests that need address translation would delay the hashing. Always inlined, because GCC 12 treats a
  /// function that only prefetches as one without side effects and removes the call.
  [[gnu::always_inline]] void look_ahead(std::uint64_t node, unsigned i) {
    // Far enough ahead that a load from memory, including address translation, completes in time. A step of
    // several sectors takes longer, and the prefetched labels must fit into the first-level cache.
    constexpr std::uint64_t ahead = 16 / n;
    const std::uint32_t parent =
        rows_[(node + ahead < row_end_ ? node + ahead : row_end_ - 1) * graph_degree + i];
    for (unsigned k = 0; k < n; ++k) _mm_prefetch(layer_of(k, i) + parent, _MM_HINT_T0);
  }

  void finish(std::uint64_t) {}

 private:
  const Node* layer_of(unsigned k, unsigned i) const {
    return i < base_degree ? sectors_[k].current : sectors_[k].previous;
  }

  const LabelLayer* sectors_;
  const std::uint32_t* rows_;
  std::uint64_t row_end_;
};

/// Parents gathered by other threads; the few that were not ready are read from the layer.
template <unsigned n>
class GatheredSource {
 public:
  GatheredSource(const LabelLayer* sectors, GatheredParents* gathered, std::uint64_t first,
                 const std::uint32_t* rows, std::atomic<std::uint64_t>& hashed)
      : sectors_(sectors), gathered_(gathered), first_(first), rows_(rows), hashed_(hashed) {}

  template <unsigned degree>
  void parents(std::uint64_t node, const std::uint8_t* (&parents)[n][graph_degree]) {
    for (unsigned k = 0; k < n; ++k) {
      const GatheredParents& slot = gathered_[(node - first_) * n + k];
      for (unsigned i = 0; i < degree; ++i) parents[k][i] = slot.labels[i].data();
      for (std::uint32_t missing = slot.missing; missing != 0; missing &= missing - 1) {
        const auto i = static_cast<unsigned>(__builtin_ctz(missing));
        parents[k][i] = sectors_[k].current[rows_[node * graph_degree + i]].data();
      }
    }
  }

  void look_ahead(std::uint64_t, unsigned) {}

  void finish(std::uint64_t node) { hashed_.store(node + 1, std::memory_order_release); }

 private:
  const LabelLayer* sectors_;
  GatheredParents* gathered_;
  std::uint64_t first_;
  const std::uint32_t* rows_;
  std::atomic<std::uint64_t>& hashed_;
};

/// Message words of a node's first block: replica ID, layer and node number.
inline void load_preamble(const Node& replica_id, unsigned layer, std::uint64_t node, __m128i (&w)[4]) {
  w[0] = load_words(replica_id.data());
  w[1] = load_words(replica_id.data() + 16);
  w[2] = _mm_set_epi32(0, static_cast<int>(node), static_cast<int>(node >> 32), static_cast<int>(layer));
  w[3] = _mm_setzero_si128();
}

/// Compresses a block with a known schedule into `chains` and, interleaved, the first block of another node
/// into `fresh`.
template <unsigned n>
inline void compress_kept_beside(Chain (&chains)[n], const Schedule (&schedules)[n], Chain (&fresh)[n],
                                 __m128i (&w)[n][4]) {
  Chain begin[n];
  Chain fresh_begin[n];
  for (unsigned k = 0; k < n; ++k) {
    begin[k] = chains[k];
    fresh_begin[k] = fresh[k];
  }
#pragma GCC unroll 16
  for (unsigned group = 0; group < 16; ++group) {
    __m128i wk[n];
    __m128i fresh_wk[n];
    for (unsigned k = 0; k < n; ++k) {
      wk[k] = schedules[k].wk[group];
      fresh_wk[k] = _mm_add_epi32(message_words(w[k], group), round_constants(group));
    }
    four_rounds(chains, wk);
    four_rounds(fresh, fresh_wk);
  }
  add_chains(chains, begin);
  add_chains(fresh, fresh_begin);
}

template <unsigned n, unsigned period, typename Source>
void label_range(const LabelLayer* sectors, unsigned layer, std::uint64_t first, std::uint64_t end,
                 Source source) {
  const Chain initial = chain_from(sha256_initial_state);
  Schedule schedules[period][n];
  Chain fresh[n];
  __m128i w[n][4];
  for (unsigned k = 0; k < n; ++k) {
    fresh[k] = initial;
    load_preamble(sectors[k].replica_id, layer, first, w[k]);
  }
  compress(fresh, w);

  for (std::uint64_t node = first; node < end; ++node) {
    const std::uint8_t* parents[n][graph_degree];
    source.template parents<2 * period>(node, parents);
    Chain chains[n];
    for (unsigned k = 0; k < n; ++k) chains[k] = fresh[k];

    for (unsigned block = 0; block < period; ++block) {
      for (unsigned k = 0; k < n; ++k) {
        for (unsigned half = 0; half < 2; ++half) {
          w[k][2 * half] = load_words(parents[k][2 * block + half]);
          w[k][2 * half + 1] = load_words(parents[k][2 * block + half] + 16);
        }
      }
      source.look_ahead(node, block);
      compress_and_keep(chains, w, schedules[block]);
    }
    for (unsigned block = period; block < parent_blocks - 1; ++block) {
      if (block < 2 * period) source.look_ahead(node, block);
      compress_kept(chains, schedules[block % period]);
    }
    for (unsigned k = 0; k < n; ++k) {
      fresh[k] = initial;
      load_preamble(sectors[k].replica_id, layer, node + 1, w[k]);
    }
    compress_kept_beside(chains, schedules[(parent_blocks - 1) % period], fresh, w);

    for (unsigned k = 0; k < n; ++k) {
      const std::uint8_t* last = parents[k][(label_parents - 1) % (2 * period)];
      w[k][0] = load_words(last);
      w[k][1] = load_words(last + 16);
      w[k][2] = _mm_set_epi32(0, 0, 0, static_cast<int>(0x80000000));
      w[k][3] = _mm_set_epi32((64 + label_parents * 32) * 8, 0, 0, 0);
    }
    compress(chains, w);
    for (unsigned k = 0; k < n; ++k) store_trunc254(chains[k], sectors[k].current[node].data());
    source.finish(node);
  }
}

/// Node 0 has no parents.
void label_first_node(std::span<const LabelLayer> sectors, unsigned layer) {
  for (const LabelLayer& sector : sectors) {
    sector.current[0] = label_from_parents(sector.replica_id, layer, 0, nullptr);
  }
}

template <unsigned n, typename Source>
void label_layer_range(const LabelLayer* sectors, unsigned layer, std::uint64_t first, std::uint64_t end,
                       Source source) {
  static_assert(base_degree == 6 && graph_degree == 14);
  if (layer == 1) return label_range<n, base_degree / 2>(sectors, layer, first, end, source);
  label_range<n, graph_degree / 2>(sectors, layer, first, end, source);
}

}  // namespace

void label_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                 std::uint64_t count, const std::uint32_t* rows, std::uint64_t row_end) {
  const std::uint64_t end = first + count;
  if (first == 0 && count > 0) {
    label_first_node(sectors, layer);
    ++first;
  }
  const LabelLayer* s = sectors.data();
  switch (sectors.size()) {
    case 1:
      return label_layer_range<1>(s, layer, first, end, RowSource<1>(s, rows, row_end));
    case 2:
      return label_layer_range<2>(s, layer, first, end, RowSource<2>(s, rows, row_end));
    case 3:
      return label_layer_range<3>(s, layer, first, end, RowSource<3>(s, rows, row_end));
    case 4:
      return label_layer_range<4>(s, layer, first, end, RowSource<4>(s, rows, row_end));
    default:
      fail_side_by_side();
  }
}

void label_gathered_nodes(std::span<const LabelLayer> sectors, unsigned layer, std::uint64_t first,
                          std::uint64_t count, GatheredParents* gathered, const std::uint32_t* rows,
                          std::atomic<std::uint64_t>& hashed) {
  const std::uint64_t start = first;
  const std::uint64_t end = first + count;
  if (first == 0 && count > 0) {
    label_first_node(sectors, layer);
    hashed.store(++first, std::memory_order_release);
  }
  const LabelLayer* s = sectors.data();
  switch (sectors.size()) {
    case 1:
      return label_layer_range<1>(s, layer, first, end, GatheredSource<1>(s, gathered, start, rows, hashed));
    case 2:
      return label_layer_range<2>(s, layer, first, end, GatheredSource<2>(s, gathered, start, rows, hashed));
    case 3:
      return label_layer_range<3>(s, layer, first, end, GatheredSource<3>(s, gathered, start, rows, hashed));
    case 4:
      return label_layer_range<4>(s, layer, first, end, GatheredSource<4>(s, gathered, start, rows, hashed));
    default:
      fail_side_by_side();
  }
}

}  // namespace seal::sha_ni
