#include "kernels/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>

#include "kernels/failure.h"

namespace seal {

namespace {

std::string temporary_name(const std::string& path) {
  return path + ".tmp";
}

/// Opens the temporary file, empty and locked; calls `busy` each time that another writer has the lock.
template <typename Busy>
File open_locked(const std::string& temporary, Busy busy) {
  for (;;) {
    File file = File::open_or_create(temporary);
    if (!file.try_lock()) {
      busy();
      continue;
    }
    // The previous lock holder may have renamed or removed this file since it was opened.
    if (!file.is_at(temporary)) continue;
    file.resize(0);
    return file;
  }
}

/// Syncs the directory of `path`, so that a rename in it survives a power failure where the file system
/// supports that.
void sync_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail_io("open", directory, errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0 && error != EINVAL) fail_io("sync", directory, error);
}

}  // namespace

NewFile::NewFile(std::string path)
    : path_(std::move(path)), file_(open_locked(temporary_name(path_), [this] {
        throw Failure(FailureCode::io,
                      "cannot write " + path_ + ": it is already being written, as " + temporary_name(path_),
                      path_);
      })) {}

NewFile::NewFile(std::string path, const Control& waiting)
    : path_(std::move(path)), file_(open_locked(temporary_name(path_), [&waiting] {
        waiting.checkpoint();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
      })) {}

NewFile::~NewFile() {
  if (!committed_) ::unlink(file_.path().c_str());
}

void NewFile::commit(const Control& control) {
  file_.sync(control);
  // Closed last: until the rename no other writer may take the temporary name.
  if (std::rename(file_.path().c_str(), path_.c_str()) != 0) fail_io("rename to", path_, errno);
  committed_ = true;
  sync_directory_of(path_);
  file_.close();
}

void write_small_file(const std::string& path, const void* bytes, std::size_t count) {
  NewFile file(path);
  file.file().write(bytes, count, 0);
  file.commit(Control());
}

}  // namespace seal
