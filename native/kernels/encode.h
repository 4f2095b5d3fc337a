// docs/spec/sealing.md section 9.2: replica = label + data, for each node, in the field.
#pragma once

#include <cstddef>
#include <optional>

#include "kernels/bytes.h"
#include "kernels/file.h"

namespace seal {

/// sums[i] = a[i] + b[i] mod p. The ranges may be the same. Returns the first index at which an input is not
/// canonical, if any; the outputs from there on are undefined.
std::optional<std::size_t> add_nodes(const Node* a, const Node* b, Node* sums, std::size_t count);

/// differences[i] = a[i] - b[i] mod p; otherwise like `add_nodes`.
std::optional<std::size_t> subtract_nodes(const Node* a, const Node* b, Node* differences, std::size_t count);

/// Throws `not_canonical` for a node of a file, with its byte offset.
[[noreturn]] void fail_not_canonical(const File& file, std::uint64_t node);
/// Like `fail_not_canonical`, for a node in one of two files; reads the node again to determine which.
[[noreturn]] void fail_first_not_canonical(const File& a, const File& b, std::uint64_t node);

}  // namespace seal
