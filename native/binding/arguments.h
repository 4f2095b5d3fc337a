// Converts JavaScript values to kernel types. A wrong value throws a TypeError with the name of the argument.
#pragma once

#include <napi.h>

#include <optional>
#include <string>
#include <vector>

#include "kernels/bytes.h"
#include "kernels/layers.h"
#include "kernels/shape.h"
#include "kernels/threads.h"

namespace seal::binding {

/// The members of one options object, by name.
class Arguments {
 public:
  /// Takes the first argument of a call, which must be an object.
  explicit Arguments(const Napi::CallbackInfo& info);
  Arguments(Napi::Env env, Napi::Object object) : env_(env), object_(object) {}

  Napi::Env env() const { return env_; }
  bool has(const char* name) const;
  std::string text(const char* name) const;
  std::string text_or(const char* name, const std::string& otherwise) const;
  std::uint64_t whole(const char* name) const;  ///< a non-negative safe integer or a bigint below 2^64
  std::uint64_t whole_up_to(const char* name, std::uint64_t largest) const;
  bool flag(const char* name) const;
  Node node(const char* name) const;  ///< a Uint8Array of 32 bytes
  std::optional<Node> node_or_none(const char* name) const;
  std::vector<Node> nodes(const char* name) const;  ///< an array of Uint8Arrays of 32 bytes
  std::vector<std::uint8_t> bytes(const char* name) const;
  std::vector<int> cpus(const char* name) const;  ///< an array of CPU numbers; absent: none
  std::vector<Arguments> objects(const char* name) const;

  RegisteredProof proof(const char* name = "proof") const;  ///< by its number
  Threads threads(const char* name = "threads") const;      ///< { count, cpus? }
  LabelThreads label_threads(
      const char* name = "labelThreads") const;             ///< { consumerCpu?, producers, producerCpus? }
  Napi::Function function_or_none(const char* name) const;  ///< empty when absent

 private:
  Napi::Value member(const char* name) const;
  [[noreturn]] void fail(const char* name, const char* expected) const;

  Napi::Env env_;
  Napi::Object object_;
};

/// A new Buffer with these bytes.
Napi::Value to_buffer(Napi::Env env, const void* bytes, std::size_t count);
inline Napi::Value to_buffer(Napi::Env env, const Node& node) {
  return to_buffer(env, node.data(), node.size());
}

/// Converts a kernel failure to an Error with `code`, and `file` and `offset` where they are known.
Napi::Error to_error(Napi::Env env, const std::exception& thrown);

/// Runs a kernel call and converts its failures to JavaScript exceptions.
template <typename Work>
auto guarded(Napi::Env env, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& thrown) {
    throw to_error(env, thrown);
  }
}

}  // namespace seal::binding
