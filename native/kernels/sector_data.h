// Moving a sector's padded data from file to file.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/control.h"
#include "kernels/file.h"

namespace seal {

/// Opens data that is to be copied to `to`. Data longer than the sector is `wrong_size`, and data that lies
/// in the file `to` itself `invalid_argument`.
File open_sector_data(const std::string& path, const std::string& to, std::uint64_t sector_bytes);

/// Makes `to` a copy of `data`, extended with zeros to `sector_bytes`; null makes a file of zeros. What lay
/// at `to` is replaced when the copy is complete. Shares the blocks where the file system can. Progress stage
/// "copy", in bytes.
void copy_sector_data(const File* data, const std::string& to, std::uint64_t sector_bytes, Control& control);

}  // namespace seal
