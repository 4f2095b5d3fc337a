#include "kernels/sector_data.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "kernels/failure.h"
#include "kernels/new_file.h"

namespace seal {

namespace {

constexpr std::uint64_t step_bytes = 8 << 20;  // between checkpoints

/// Copies with a system call; false where it does not support these two files.
bool copy_in_kernel(const File& from, const File& to, std::uint64_t offset, std::uint64_t bytes) {
  auto source = static_cast<loff_t>(offset);
  auto target = static_cast<loff_t>(offset);
  const std::uint64_t end = offset + bytes;
  while (static_cast<std::uint64_t>(source) < end) {
    const ssize_t copied = ::copy_file_range(from.descriptor(), &source, to.descriptor(), &target,
                                             end - static_cast<std::uint64_t>(source), 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied <= 0) return false;
  }
  return true;
}

void copy_through_memory(const File& from, const File& to, std::uint64_t offset, std::uint64_t bytes) {
  std::vector<std::uint8_t> buffer(std::min<std::uint64_t>(bytes, 4 << 20));
  while (bytes > 0) {
    const std::size_t part = std::min<std::uint64_t>(bytes, buffer.size());
    from.read(buffer.data(), part, offset);
    to.write(buffer.data(), part, offset);
    offset += part;
    bytes -= part;
  }
}

}  // namespace

File open_sector_data(const std::string& path, const std::string& to, std::uint64_t sector_bytes) {
  File data = File::open_read(path);
  if (data.size() > sector_bytes) data.require_size(sector_bytes);
  require_other_file(data, to);
  return data;
}

void copy_sector_data(const File* data, const std::string& to, std::uint64_t sector_bytes, Control& control) {
  NewFile target(to);
  if (data != nullptr) {
    const std::uint64_t bytes = data->size();
    control.begin("copy", bytes);
    for (std::uint64_t offset = 0; offset < bytes; offset += step_bytes) {
      const std::uint64_t part = std::min(step_bytes, bytes - offset);
      // If the system call fails, plain reads and writes continue and report any error.
      if (!copy_in_kernel(*data, target.file(), offset, part))
        copy_through_memory(*data, target.file(), offset, part);
      control.advance(part);
    }
  }
  target.file().resize(sector_bytes);
  target.commit(control);
}

}  // namespace seal
