// Files whose names appear only when they are complete.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/control.h"
#include "kernels/file.h"

namespace seal {

/// A file that takes its name only when it is complete: written as PATH.tmp, which is locked against every
/// other writer, and renamed by `commit`. Without a commit the temporary file is removed; one that a killed
/// process left is taken over.
class NewFile {
 public:
  /// Throws `io` when somebody else is writing the file.
  explicit NewFile(std::string path);
  /// Waits as long as somebody else is writing the file; what that one made may lie at `path` afterwards.
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
