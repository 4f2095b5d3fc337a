#include "kernels/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "kernels/failure.h"

namespace seal {

namespace {

int open_or_fail(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (descriptor < 0) fail_io("open", path, errno);
  return descriptor;
}

/// The identity of a file.
struct Identity {
  std::uint32_t device_major;
  std::uint32_t device_minor;
  std::uint64_t inode;
  bool operator==(const Identity&) const = default;
};

/// Returns nothing where there is no file. Uses statx, because the symbols of stat and fstat are newer than
/// the oldest supported glibc.
std::optional<Identity> identity_of(int directory, const char* path, int flags, const std::string& shown) {
  struct statx found;
  if (::statx(directory, path, flags, STATX_INO, &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail_io("look at", shown, errno);
  }
  return Identity{found.stx_dev_major, found.stx_dev_minor, found.stx_ino};
}

constexpr std::uint64_t synced_slice_bytes = std::uint64_t{32} << 20;

/// Starts writing a part of a file to disk or, with the flags for waiting, completes it. Where the file
/// system does not support this, the sync of the whole file writes everything.
void write_out(const File& file, std::uint64_t offset, unsigned flags) {
  if (::sync_file_range(file.descriptor(), static_cast<off_t>(offset), synced_slice_bytes, flags) == 0)
    return;
  if (errno != ENOSYS && errno != EINVAL && errno != ESPIPE && errno != EOPNOTSUPP)
    fail_io("sync", file.path(), errno, offset);
}

constexpr std::uint64_t huge_page_bytes = std::uint64_t{2} << 20;

/// Reserves address space that is aligned to a huge page, since a file's huge pages can be mapped only there.
void* reserve_on_huge_page(std::uint64_t bytes, const File& file) {
  void* reserved =
      ::mmap(nullptr, bytes + huge_page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) fail_io("reserve addresses for", file.path(), errno);
  auto* first = static_cast<std::uint8_t*>(reserved);
  const std::uint64_t before = -reinterpret_cast<std::uintptr_t>(first) % huge_page_bytes;
  if (before > 0) ::munmap(first, before);
  const std::uint64_t page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t mapped = (bytes + page - 1) / page * page;
  ::munmap(first + before + mapped, huge_page_bytes - before + bytes - mapped);
  return first + before;
}

}  // namespace

File File::open_read(const std::string& path) {
  return {path, open_or_fail(path, O_RDONLY)};
}
File File::open_update(const std::string& path) {
  return {path, open_or_fail(path, O_RDWR)};
}
File File::open_or_create(const std::string& path) {
  return {path, open_or_fail(path, O_RDWR | O_CREAT)};
}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// Uses lseek, since the symbol of fstat is newer than the oldest supported glibc.
std::uint64_t File::size() const {
  const off_t end = ::lseek(descriptor_, 0, SEEK_END);
  if (end < 0) fail_io("measure", path_, errno);
  return static_cast<std::uint64_t>(end);
}

void File::require_size(std::uint64_t bytes) const {
  const std::uint64_t actual = size();
  if (actual == bytes) return;
  throw Failure(
      FailureCode::wrong_size,
      path_ + " has " + std::to_string(actual) + " bytes where " + std::to_string(bytes) + " are needed",
      path_, std::min(actual, bytes));
}

bool File::is_at(const std::string& path) const {
  return identity_of(descriptor_, "", AT_EMPTY_PATH, path_) == identity_of(AT_FDCWD, path.c_str(), 0, path);
}

void File::read(void* to, std::size_t bytes, std::uint64_t offset) const {
  auto* at = static_cast<std::uint8_t*>(to);
  while (bytes > 0) {
    const ssize_t got = ::pread(descriptor_, at, bytes, static_cast<off_t>(offset));
    if (got < 0) {
      if (errno == EINTR) continue;
      fail_io("read", path_, errno, offset);
    }
    if (got == 0) {
      throw Failure(FailureCode::wrong_size,
                    path_ + " ends at offset " + std::to_string(offset) + ", " + std::to_string(bytes) +
                        " bytes too early",
                    path_, offset);
    }
    at += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
}

void File::write(const void* from, std::size_t bytes, std::uint64_t offset) const {
  const auto* at = static_cast<const std::uint8_t*>(from);
  while (bytes > 0) {
    const ssize_t put = ::pwrite(descriptor_, at, bytes, static_cast<off_t>(offset));
    if (put < 0) {
      if (errno == EINTR) continue;
      fail_io("write", path_, errno, offset);
    }
    at += put;
    offset += static_cast<std::uint64_t>(put);
    bytes -= static_cast<std::size_t>(put);
  }
}

void File::allocate(std::uint64_t bytes) const {
  const int error = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes));
  if (error != 0) fail_io("reserve " + std::to_string(bytes) + " bytes for", path_, error);
  resize(bytes);
}

void File::resize(std::uint64_t bytes) const {
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) fail_io("resize", path_, errno);
}

void File::sync(const Control& control) const {
  const std::uint64_t bytes = size();
  for (std::uint64_t offset = 0; bytes > synced_slice_bytes && offset < bytes; offset += synced_slice_bytes) {
    control.checkpoint();
    write_out(*this, offset + synced_slice_bytes, SYNC_FILE_RANGE_WRITE);  // written during the wait below
    write_out(*this, offset,
              SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  }
  if (::fdatasync(descriptor_) != 0) fail_io("sync", path_, errno);
}

bool File::try_lock() const {
  return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

void File::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (descriptor >= 0 && ::close(descriptor) != 0) fail_io("close", path_, errno);
}

FileMap::FileMap(const File& file, std::uint64_t bytes, Access access, Pattern pattern) : size_(bytes) {
  if (file.size() < bytes) file.require_size(bytes);
  const int protection = access == Access::write ? PROT_READ | PROT_WRITE : PROT_READ;
  const bool huge = pattern == Pattern::dense && bytes >= huge_page_bytes;
  void* place = huge ? reserve_on_huge_page(bytes, file) : nullptr;
  void* address = ::mmap(place, bytes, protection, MAP_SHARED | (huge ? MAP_FIXED : 0), file.descriptor(), 0);
  if (address == MAP_FAILED) {
    const int error = errno;
    if (huge) ::munmap(place, bytes);
    fail_io("map", file.path(), error);
  }
  data_ = static_cast<std::uint8_t*>(address);
  // Hints: the system may ignore them.
  ::madvise(address, bytes, pattern == Pattern::sequential ? MADV_SEQUENTIAL : MADV_RANDOM);
  if (huge) ::madvise(address, bytes, MADV_HUGEPAGE);
}

FileMap::FileMap(FileMap&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

FileMap& FileMap::operator=(FileMap&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

FileMap::~FileMap() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

bool file_exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

void remove_file_if_present(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail_io("remove", path, errno);
}

void make_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdirat(AT_FDCWD, part.c_str(), 0755) != 0 && errno != EEXIST)
      fail_io("make directory", part, errno);
    if (end == std::string::npos) return;
  }
}

std::string join_path(const std::string& directory, const std::string& name) {
  return directory.empty() || directory.back() == '/' ? directory + name : directory + '/' + name;
}

std::string read_small_file(const std::string& path, std::uint64_t limit) {
  const File file = File::open_read(path);
  const std::uint64_t bytes = file.size();
  if (bytes > limit) {
    throw Failure(FailureCode::wrong_size,
                  path + " has " + std::to_string(bytes) + " bytes, more than " + std::to_string(limit), path,
                  limit);
  }
  std::string text(bytes, '\0');
  file.read(text.data(), text.size(), 0);
  return text;
}

void require_other_file(const File& input, const std::string& output) {
  if (!input.is_at(output)) return;
  throw Failure(
      FailureCode::invalid_argument,
      output + " is also the input (" + input.path() + "): choose another output file",
      output);
}

}  // namespace seal
