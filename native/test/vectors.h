// Reads the known answers in test/vectors: a small JSON reader and the types of the values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/bytes.h"

namespace seal::test {

/// A JSON value. Reading a missing member throws, so that a changed vector file fails its test.
class Json {
 public:
  static Json of_vectors(const std::string& file_name);
  static Json parse(const std::string& text);

  const Json& operator[](const std::string& key) const { return members_.at(key); }
  bool has(const std::string& key) const { return members_.count(key) != 0; }
  const std::vector<Json>& items() const { return items_; }
  const Json& operator[](std::size_t index) const { return items_.at(index); }
  std::size_t size() const { return items_.size(); }

  const std::string& text() const { return text_; }
  std::uint64_t number() const;  ///< of a number, or of digits in a string
  bool boolean() const { return text_ == "true"; }
  Node node() const;                        ///< of 64 hexadecimal digits
  std::vector<std::uint8_t> bytes() const;  ///< of hexadecimal digits

 private:
  friend class JsonParser;
  std::string text_;
  std::vector<Json> items_;
  std::map<std::string, Json> members_;
};

std::vector<std::uint8_t> from_hex(const std::string& text);
std::vector<std::uint8_t> from_base64(const std::string& text);

/// Small, fast and repeatable random numbers (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  Node node();        ///< any 32 bytes
  Node field_node();  ///< a canonical element
  std::vector<std::uint8_t> bytes(std::size_t count);

 private:
  std::uint64_t state_;
};

/// A directory that is deleted with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string file(const std::string& name) const { return path_ + '/' + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace seal::test
