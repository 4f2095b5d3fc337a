// Files: exact reads and writes at offsets, locks, and memory maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/control.h"

namespace seal {

/// An open file. Every error is a `Failure` with the file and, if known, the offset.
class File {
 public:
  static File open_read(const std::string& path);
  static File open_update(const std::string& path);     ///< read and write, must exist
  static File open_or_create(const std::string& path);  ///< read and write, created if missing

  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  const std::string& path() const noexcept { return path_; }
  int descriptor() const noexcept { return descriptor_; }
  std::uint64_t size() const;
  /// Throws `wrong_size` unless the file has exactly this many bytes.
  void require_size(std::uint64_t bytes) const;
  /// Whether the path refers to this file, whatever the name with which it was opened.
  bool is_at(const std::string& path) const;

  void read(void* to, std::size_t bytes, std::uint64_t offset) const;
  void write(const void* from, std::size_t bytes, std::uint64_t offset) const;
  /// Sets the size and reserves the blocks, so that a full disk is an error here and not a signal at a map.
  void allocate(std::uint64_t bytes) const;
  /// Sets the size; added bytes read as zeros.
  void resize(std::uint64_t bytes) const;
  /// Syncs the file to disk in slices, so that a cancellation does not wait for tens of GiB.
  void sync(const Control& control) const;
  /// Takes an exclusive lock for this file description until it is closed. Returns false when another
  /// description, in this process or another, has the lock. Always true where the file system does not
  /// support locks.
  bool try_lock() const;
  /// Closes the file and reports a delayed write error.
  void close();

 private:
  File(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_ = -1;
};

/// A shared memory map of a whole file.
class FileMap {
 public:
  enum class Access { read, write };
  /// The access pattern: sequential, at a few random places, or at random everywhere.
  enum class Pattern { sequential, sparse, dense };

  FileMap() = default;
  /// Maps `bytes` bytes, which the file must have. A dense map uses huge pages where the file system supports
  /// them (ext4 since Linux 6.16, XFS before): address translation is faster than with small pages.
  FileMap(const File& file, std::uint64_t bytes, Access access, Pattern pattern);
  FileMap(FileMap&& other) noexcept;
  FileMap& operator=(FileMap&& other) noexcept;
  FileMap(const FileMap&) = delete;
  FileMap& operator=(const FileMap&) = delete;
  ~FileMap();

  std::uint8_t* data() noexcept { return data_; }
  const std::uint8_t* data() const noexcept { return data_; }
  std::uint64_t size() const noexcept { return size_; }

 private:
  std::uint8_t* data_ = nullptr;
  std::uint64_t size_ = 0;
};

bool file_exists(const std::string& path);
void remove_file_if_present(const std::string& path);
/// Creates the directory and its parents.
void make_directories(const std::string& path);
std::string join_path(const std::string& directory, const std::string& name);
/// Reads a whole small file.
std::string read_small_file(const std::string& path, std::uint64_t limit);
/// Throws `invalid_argument` when input and output are the same file.
void require_other_file(const File& input, const std::string& output);

}  // namespace seal
