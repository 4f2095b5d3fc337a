#include "binding/arguments.h"

#include <cmath>
#include <limits>

#include "kernels/failure.h"

namespace seal::binding {

namespace {

constexpr double largest_safe_integer = 9007199254740991.0;
// Above the CPU count of any machine, and small enough for arithmetic without overflow.
constexpr unsigned most_threads = 65536;
constexpr int last_cpu = 65535;

bool is_bytes(const Napi::Value& value) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
}

std::optional<Node> node_of(const Napi::Value& value) {
  if (!is_bytes(value)) return std::nullopt;
  const auto array = value.As<Napi::Uint8Array>();
  if (array.ByteLength() != node_bytes) return std::nullopt;
  Node node;
  std::memcpy(node.data(), array.Data(), node_bytes);
  return node;
}

Napi::Object first_object(const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsObject())
    throw Napi::TypeError::New(info.Env(), "an options object is needed");
  return info[0].As<Napi::Object>();
}

}  // namespace

Arguments::Arguments(const Napi::CallbackInfo& info) : env_(info.Env()), object_(first_object(info)) {}

Napi::Value Arguments::member(const char* name) const {
  return object_.Get(name);
}

void Arguments::fail(const char* name, const char* expected) const {
  throw Napi::TypeError::New(env_, std::string(name) + " must be " + expected);
}

bool Arguments::has(const char* name) const {
  const Napi::Value value = member(name);
  return !value.IsUndefined() && !value.IsNull();
}

std::string Arguments::text(const char* name) const {
  const Napi::Value value = member(name);
  if (!value.IsString()) fail(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

std::string Arguments::text_or(const char* name, const std::string& otherwise) const {
  return has(name) ? text(name) : otherwise;
}

std::uint64_t Arguments::whole(const char* name) const {
  const Napi::Value value = member(name);
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (number >= 0 && number <= largest_safe_integer &&
        number == static_cast<double>(static_cast<std::uint64_t>(number))) {
      return static_cast<std::uint64_t>(number);
    }
  } else if (value.IsBigInt()) {
    bool lossless = false;
    const std::uint64_t number = value.As<Napi::BigInt>().Uint64Value(&lossless);
    if (lossless) return number;
  }
  fail(name, "a non-negative safe integer or a bigint below 2^64");
}

std::uint64_t Arguments::whole_up_to(const char* name, std::uint64_t largest) const {
  const std::uint64_t number = whole(name);
  if (number > largest) fail(name, ("at most " + std::to_string(largest)).c_str());
  return number;
}

bool Arguments::flag(const char* name) const {
  const Napi::Value value = member(name);
  if (!value.IsBoolean()) fail(name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

Node Arguments::node(const char* name) const {
  const std::optional<Node> node = node_of(member(name));
  if (!node) fail(name, "a Uint8Array of 32 bytes");
  return *node;
}

std::optional<Node> Arguments::node_or_none(const char* name) const {
  if (!has(name)) return std::nullopt;
  return node(name);
}

std::vector<Node> Arguments::nodes(const char* name) const {
  const Napi::Value value = member(name);
  if (!value.IsArray()) fail(name, "an array of Uint8Arrays of 32 bytes");
  const auto array = value.As<Napi::Array>();
  std::vector<Node> nodes;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const std::optional<Node> node = node_of(array.Get(i));
    if (!node) fail(name, "an array of Uint8Arrays of 32 bytes");
    nodes.push_back(*node);
  }
  return nodes;
}

std::vector<std::uint8_t> Arguments::bytes(const char* name) const {
  const Napi::Value value = member(name);
  if (!is_bytes(value)) fail(name, "a Uint8Array");
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.Data() + array.ByteLength()};
}

std::vector<int> Arguments::cpus(const char* name) const {
  if (!has(name)) return {};
  const Napi::Value value = member(name);
  if (!value.IsArray()) fail(name, "an array of CPU numbers");
  const auto array = value.As<Napi::Array>();
  std::vector<int> cpus;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value cpu = array.Get(i);
    const double number = cpu.IsNumber() ? cpu.As<Napi::Number>().DoubleValue() : -1;
    if (!(number >= 0 && number <= last_cpu && number == std::floor(number)))
      fail(name, "an array of CPU numbers");
    cpus.push_back(static_cast<int>(number));
  }
  return cpus;
}

std::vector<Arguments> Arguments::objects(const char* name) const {
  const Napi::Value value = member(name);
  if (!value.IsArray()) fail(name, "an array of objects");
  const auto array = value.As<Napi::Array>();
  std::vector<Arguments> objects;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array.Get(i);
    if (!item.IsObject()) fail(name, "an array of objects");
    objects.emplace_back(env_, item.As<Napi::Object>());
  }
  return objects;
}

RegisteredProof Arguments::proof(const char* name) const {
  return guarded(env_, [&] {
    return registered_proof(static_cast<unsigned>(whole_up_to(name, std::numeric_limits<unsigned>::max())));
  });
}

Threads Arguments::threads(const char* name) const {
  const Napi::Value value = member(name);
  if (!value.IsObject()) fail(name, "{ count, cpus? }");
  const Arguments members(env_, value.As<Napi::Object>());
  return {static_cast<unsigned>(members.whole_up_to("count", most_threads)), members.cpus("cpus")};
}

LabelThreads Arguments::label_threads(const char* name) const {
  if (!has(name)) return {};
  const Napi::Value value = member(name);
  if (!value.IsObject()) fail(name, "{ consumerCpu?, producers, producerCpus? }");
  const Arguments members(env_, value.As<Napi::Object>());
  const int consumer =
      members.has("consumerCpu") ? static_cast<int>(members.whole_up_to("consumerCpu", last_cpu)) : -1;
  const auto producers = static_cast<unsigned>(members.whole_up_to("producers", most_threads));
  return {consumer, producers, members.cpus("producerCpus")};
}

Napi::Function Arguments::function_or_none(const char* name) const {
  if (!has(name)) return {};
  const Napi::Value value = member(name);
  if (!value.IsFunction()) fail(name, "a function");
  return value.As<Napi::Function>();
}

Napi::Value to_buffer(Napi::Env env, const void* bytes, std::size_t count) {
  return Napi::Buffer<std::uint8_t>::Copy(env, static_cast<const std::uint8_t*>(bytes), count);
}

Napi::Error to_error(Napi::Env env, const std::exception& thrown) {
  Napi::Error error = Napi::Error::New(env, thrown.what());
  if (const auto* failure = dynamic_cast<const Failure*>(&thrown)) {
    error.Set("code", Napi::String::New(env, name_of(failure->code())));
    if (!failure->file().empty()) error.Set("file", Napi::String::New(env, failure->file()));
    if (failure->offset())
      error.Set("offset", Napi::Number::New(env, static_cast<double>(*failure->offset())));
  } else {
    error.Set("code", Napi::String::New(env, "internal"));
  }
  return error;
}

}  // namespace seal::binding
