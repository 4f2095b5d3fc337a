// Files as the kernels need them: exact reads and writes with offsets, maps, and names that appear only when
// complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace seal {

/// An open file. Every failure is a `Failure` that names the file and, where there is one, the offset.
class File {
 public:
  static File open_read(const std::string& path);
  static File open_update(const std::string& path);  ///< read and write, must exist
  static File create(const std::string& path);       ///< read and write, emptied when it exists

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

  void read(void* to, std::size_t bytes, std::uint64_t offset) const;
  void write(const void* from, std::size_t bytes, std::uint64_t offset) const;
  /// Sets the size and reserves the blocks, so that a full disk shows here and not as a signal under a map.
  void allocate(std::uint64_t bytes) const;
  /// Sets the size; what is added reads as zeros.
  void resize(std::uint64_t bytes) const;
  void sync() const;
  /// Closes, reporting what the system held back until now.
  void close();

 private:
  File(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_ = -1;
};

/// A file that takes its name only when it is complete: written as PATH plus `suffix`, renamed by `commit`.
/// Without a commit the temporary file is removed.
class NewFile {
 public:
  explicit NewFile(std::string path, const std::string& suffix = ".tmp");
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  File& file() noexcept { return file_; }
  /// Syncs, closes and renames.
  void commit();

 private:
  std::string path_;
  File file_;
  bool committed_ = false;
};

/// A whole file in memory, shared with the file.
class FileMap {
 public:
  enum class Access { read, write };
  /// How the map is used: one byte after the other, at a few random places, or at random everywhere.
  enum class Pattern { sequential, sparse, dense };

  FileMap() = default;
  /// Maps `bytes` bytes, which the file must have. A dense map lies on huge pages where the file system keeps
  /// such (ext4 from Linux 6.16 on, XFS before): finding an address takes less time than with small ones.
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
/// Makes the directory and its parents.
void make_directories(const std::string& path);
std::string join_path(const std::string& directory, const std::string& name);
/// The whole of a small file.
std::string read_small_file(const std::string& path, std::uint64_t limit);
/// Writes a small file under a temporary name and renames it.
void write_small_file(const std::string& path, const void* bytes, std::size_t count);

}  // namespace seal
