// Client data: a piece's commitment does not depend on the lengths of its parts, padding gives canonical
// nodes, and unpadding returns the data.
#include <algorithm>

#include "fuzz/fuzz.h"
#include "kernels/commitment.h"
#include "kernels/field.h"
#include "kernels/fr32.h"

using namespace seal;
using namespace seal::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  Choices choices(bytes, count);
  const std::uint64_t step = choices.below(1 << 16) + 1;
  const std::uint64_t repeated = choices.below(1 << 10) + 1;
  const std::vector<std::uint8_t> unit = choices.rest();
  std::vector<std::uint8_t> payload;
  for (std::uint64_t i = 0; i < repeated; ++i) payload.insert(payload.end(), unit.begin(), unit.end());
  if (payload.empty()) return 0;

  PieceHasher at_once;
  at_once.update(payload.data(), payload.size());
  PieceHasher in_parts;
  for (std::size_t at = 0; at < payload.size(); at += step) {
    in_parts.update(payload.data() + at, std::min<std::size_t>(step, payload.size() - at));
  }
  const Piece whole = at_once.finish();
  const Piece parts = in_parts.finish();
  if (whole.commitment != parts.commitment || whole.padded_bytes != parts.padded_bytes) {
    finding("the commitment depends on the lengths");
  }

  std::vector<std::uint8_t> padded(fr32_padded_size(payload.size()));
  fr32_pad(payload.data(), payload.size(), padded.data());
  for (std::size_t at = 0; at < padded.size(); at += node_bytes) {
    if (!is_canonical(&padded[at])) finding("padded data is not a field element");
  }
  std::vector<std::uint8_t> unpadded(payload.size());
  const std::size_t skipped = step % payload.size();
  fr32_unpad_range(padded.data(), skipped, payload.size() - skipped, unpadded.data() + skipped);
  if (!std::equal(payload.begin() + static_cast<std::ptrdiff_t>(skipped), payload.end(),
                  unpadded.begin() + static_cast<std::ptrdiff_t>(skipped))) {
    finding("unpadding does not give the data back");
  }
  return 0;
}
