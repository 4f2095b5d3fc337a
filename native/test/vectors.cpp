#include "test/vectors.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "kernels/field.h"

namespace seal::test {

class JsonParser {
 public:
  explicit JsonParser(const std::string& text) : text_(text) {}

  Json value() {
    skip();
    Json json;
    switch (text_.at(at_)) {
      case '{':
        read_members(json);
        break;
      case '[':
        read_items(json);
        break;
      case '"':
        json.text_ = string();
        break;
      default:
        while (at_ < text_.size() && std::string(",]} \n\r\t").find(text_[at_]) == std::string::npos) {
          json.text_ += text_[at_++];
        }
    }
    return json;
  }

 private:
  void read_members(Json& json) {
    ++at_;
    while (skip() != '}') {
      if (text_[at_] == ',') {
        ++at_;
        skip();
      }
      const std::string key = string();
      if (skip() != ':') throw std::runtime_error("JSON: a member has no value");
      ++at_;
      json.members_.emplace(key, value());
    }
    ++at_;
  }

  void read_items(Json& json) {
    ++at_;
    while (skip() != ']') {
      if (text_[at_] == ',') ++at_;
      json.items_.push_back(value());
    }
    ++at_;
  }

  std::string string() {
    if (text_.at(at_++) != '"') throw std::runtime_error("JSON: a string was expected");
    std::string result;
    for (; text_.at(at_) != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;  // the vectors escape only quotes and slashes
      result += text_.at(at_);
    }
    ++at_;
    return result;
  }

  char skip() {
    while (std::string(" \n\r\t").find(text_.at(at_)) != std::string::npos) ++at_;
    return text_[at_];
  }

  const std::string& text_;
  std::size_t at_ = 0;
};

Json Json::parse(const std::string& text) {
  return JsonParser(text).value();
}

Json Json::of_vectors(const std::string& file_name) {
  const std::string path = std::string(SEAL_VECTORS) + '/' + file_name;
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  return parse(text.str());
}

std::uint64_t Json::number() const {
  return std::stoull(text_, nullptr, 0);
}
std::vector<std::uint8_t> Json::bytes() const {
  return from_hex(text_);
}

Node Json::node() const {
  const std::vector<std::uint8_t> bytes = from_hex(text_);
  if (bytes.size() != node_bytes) throw std::runtime_error("not 32 bytes: " + text_);
  Node node;
  std::copy(bytes.begin(), bytes.end(), node.begin());
  return node;
}

std::vector<std::uint8_t> from_hex(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::vector<std::uint8_t> from_base64(const std::string& text) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(alphabet.find(c));
    count += 6;
    if (count >= 8) bytes.push_back(static_cast<std::uint8_t>(bits >> (count -= 8)));
  }
  return bytes;
}

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Node Random::node() {
  Node node;
  for (unsigned i = 0; i < 4; ++i) store_le64(&node[8 * i], next());
  return node;
}

Node Random::field_node() {
  for (;;) {
    Node result = node();
    result[31] &= 0x7f;
    if (is_canonical(result)) return result;
  }
}

std::vector<std::uint8_t> Random::bytes(std::size_t count) {
  std::vector<std::uint8_t> result(count);
  for (std::uint8_t& byte : result) byte = static_cast<std::uint8_t>(next());
  return result;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "seal-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace seal::test
