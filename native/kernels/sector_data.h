// Moving a sector's padded data from file to file.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/control.h"

namespace seal {

/// Makes `to` a copy of `from`, extended with zeros to `sector_bytes`; an empty `from` makes a file of zeros.
/// Shares the blocks where the file system can. A source longer than the sector is `wrong_size`. Progress
/// stage "copy", in bytes.
void copy_sector_data(const std::string& from, const std::string& to, std::uint64_t sector_bytes,
                      Control& control);

}  // namespace seal
