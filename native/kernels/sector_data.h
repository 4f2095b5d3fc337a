// Copies a sector's padded data from file to file.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/control.h"
#include "kernels/file.h"

namespace seal {

/// Opens data to copy to `to`. Throws `wrong_size` for data that is longer than the sector, and
/// `invalid_argument` if `path` and `to` are the same file.
File open_sector_data(const std::string& path, const std::string& to, std::uint64_t sector_bytes);

/// Makes `to` a copy of `data`, extended with zeros to `sector_bytes`; null makes a file of zeros. An
/// existing file is replaced when the copy is complete. The copy shares blocks where the file system supports
/// it. Progress stage "copy", in bytes.
void copy_sector_data(const File* data, const std::string& to, std::uint64_t sector_bytes, Control& control);

}  // namespace seal
