// Decodes the t_aux file of a sector's cache, which other programs also write.
#include <string>

#include "fuzz/fuzz.h"
#include "kernels/cache_files.h"

using namespace seal;
using namespace seal::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  exact_or_malformed({bytes, bytes + count}, [](const auto& input) {
    const std::string encoded = encode_t_aux(decode_t_aux({input.begin(), input.end()}, "t_aux"));
    return std::vector<std::uint8_t>(encoded.begin(), encoded.end());
  });
  return 0;
}
