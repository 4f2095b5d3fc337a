// Files that get their names when they are complete.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/control.h"
#include "kernels/file.h"

namespace seal {

/// A file that gets its name when it is complete. It is written as PATH.tmp, which is locked against other
/// writers, and renamed by `commit`. Without a commit the temporary file is removed. The temporary file of a
/// killed process is overwritten.
class NewFile {
 public:
  /// Throws `io` when another writer has the file.
  explicit NewFile(std::string path);
  /// Waits while another writer has the file; `path` may exist afterwards.
  NewFile(std::string path, const Control& waiting);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  File& file() noexcept { return file_; }
  /// Syncs, renames, syncs the directory and closes.
  void commit(const Control& control);

 private:
  std::string path_;
  File file_;
  bool committed_ = false;
};

/// Writes a small file under a temporary name and renames it.
void write_small_file(const std::string& path, const void* bytes, std::size_t count);

}  // namespace seal
