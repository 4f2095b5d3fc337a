#include "kernels/commitment.h"

#include "binding/addon.h"
#include "binding/arguments.h"
#include "binding/operation.h"
#include "kernels/cpu.h"
#include "kernels/failure.h"
#include "kernels/fr32.h"
#include "kernels/graph.h"
#include "kernels/poseidon.h"

namespace seal::binding {

namespace {

Napi::Value piece_to_object(Napi::Env env, const Piece& piece) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("paddedBytes", Napi::Number::New(env, static_cast<double>(piece.padded_bytes)));
  object.Set("commitment", to_buffer(env, piece.commitment));
  return object;
}

Napi::Value cpu_features_in_use(const Napi::CallbackInfo& info) {
  const std::vector<std::string> names = cpu_feature_names();
  Napi::Array array = Napi::Array::New(info.Env(), names.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) array.Set(i, names[i]);
  return array;
}

Napi::Value pad(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const std::vector<std::uint8_t> unpadded = arguments.bytes("unpadded");
  std::vector<std::uint8_t> padded(fr32_padded_size(unpadded.size()));
  const std::size_t bytes = fr32_pad(unpadded.data(), unpadded.size(), padded.data());
  return to_buffer(info.Env(), padded.data(), bytes);
}

Napi::Value unpad(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const std::vector<std::uint8_t> padded = arguments.bytes("padded");
  const std::uint64_t offset = arguments.whole("offset");
  const std::uint64_t bytes = arguments.whole("bytes");
  return guarded(info.Env(), [&] {
    const std::uint64_t available = fr32_unpadded_size(padded.size());
    require(padded.size() % fr32_padded_block == 0, "padded data comes in whole blocks of 128 bytes");
    require(offset <= available && bytes <= available - offset, "the range lies outside of the data");
    std::vector<std::uint8_t> unpadded(bytes);
    fr32_unpad_range(padded.data(), offset, bytes, unpadded.data());
    return to_buffer(info.Env(), unpadded.data(), unpadded.size());
  });
}

Napi::Value zero(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const std::uint64_t level = arguments.whole("level");
  return guarded(info.Env(), [&] {
    require(level < 64, "zero commitments exist for levels 0 to 63");
    return to_buffer(info.Env(), zero_commitment(static_cast<unsigned>(level)));
  });
}

Napi::Value comm_d(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  std::vector<Piece> pieces;
  for (const Arguments& piece : arguments.objects("pieces")) {
    pieces.push_back({piece.whole("paddedBytes"), piece.node("commitment")});
  }
  const std::uint64_t sector_bytes = arguments.whole("sectorBytes");
  return guarded(info.Env(), [&] { return to_buffer(info.Env(), comm_d_of_pieces(sector_bytes, pieces)); });
}

Napi::Value fill(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const std::uint64_t written = arguments.whole("writtenBytes");
  const std::uint64_t piece = arguments.whole("pieceBytes");
  return guarded(info.Env(), [&] {
    const PieceFill found = piece_fill(written, piece);
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("before", Napi::Number::New(info.Env(), static_cast<double>(found.before)));
    object.Set("after", Napi::Number::New(info.Env(), static_cast<double>(found.after)));
    return object;
  });
}

Napi::Value replica_id(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Node id =
      replica_id_of(prover_id_of(arguments.whole("actorId")), arguments.whole("sectorNumber"),
                    arguments.node("ticket"), arguments.node("commD"), arguments.proof().porep_id);
  return to_buffer(info.Env(), id);
}

Napi::Value hash(const Napi::CallbackInfo& info) {
  const std::vector<Node> inputs = Arguments(info).nodes("inputs");
  return guarded(info.Env(), [&] { return to_buffer(info.Env(), poseidon_hash(inputs)); });
}

Napi::Value parents(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const std::uint64_t node = arguments.whole("node");
  const Graph graph(arguments.proof());
  return guarded(info.Env(), [&] {
    require(node < graph.nodes(), "the graph has no such node");
    std::uint32_t row[graph_degree];
    graph.parents(static_cast<std::uint32_t>(node), row);
    Napi::Array array = Napi::Array::New(info.Env(), graph_degree);
    for (std::uint32_t i = 0; i < graph_degree; ++i) array.Set(i, Napi::Number::New(info.Env(), row[i]));
    return array;
  });
}

Napi::Value parent_cache_file_name(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Graph(Arguments(info).proof()).cache_file_name());
}

Napi::Value commit_to_file(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const std::string path = arguments.text("path");
  const std::uint64_t offset = arguments.whole("offset");
  const std::uint64_t payload_bytes = arguments.whole("payloadBytes");
  const std::uint64_t padded_bytes = arguments.has("paddedBytes") ? arguments.whole("paddedBytes") : 0;
  const Threads threads = arguments.threads();
  return start_operation(
      info.Env(), arguments.function_or_none("onProgress"), [=](Control& control) -> Answer {
        const File file = File::open_read(path);
        const Piece piece = piece_of_file(file, offset, payload_bytes, padded_bytes, threads, control);
        return [piece](Napi::Env env) { return piece_to_object(env, piece); };
      });
}

/// CommP of a payload that JavaScript passes in parts: update(bytes), then finish({ paddedBytes? }).
class PieceHasherObject : public Napi::ObjectWrap<PieceHasherObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "PieceHasher",
                       {InstanceMethod<&PieceHasherObject::update>("update"),
                        InstanceMethod<&PieceHasherObject::finish>("finish")});
  }

  explicit PieceHasherObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PieceHasherObject>(info) {}

 private:
  Napi::Value update(const Napi::CallbackInfo& info) {
    require_unfinished(info.Env());
    if (info.Length() < 1 || !info[0].IsTypedArray() ||
        info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
      throw Napi::TypeError::New(info.Env(), "the payload must be a Uint8Array");
    }
    const auto payload = info[0].As<Napi::Uint8Array>();
    hasher_.update(payload.Data(), payload.ByteLength());
    return info.Env().Undefined();
  }

  Napi::Value finish(const Napi::CallbackInfo& info) {
    require_unfinished(info.Env());
    const Arguments arguments(info);
    const std::uint64_t padded_bytes = arguments.has("paddedBytes") ? arguments.whole("paddedBytes") : 0;
    return guarded(info.Env(), [&] {
      const Piece piece = hasher_.finish(padded_bytes);
      finished_ = true;
      return piece_to_object(info.Env(), piece);
    });
  }

  void require_unfinished(Napi::Env env) const {
    if (finished_) throw Napi::Error::New(env, "the piece is finished");
  }

  PieceHasher hasher_;
  bool finished_ = false;
};

}  // namespace

void export_commitments(Napi::Env env, Napi::Object exports) {
  exports.Set("cpuFeatures", Napi::Function::New(env, cpu_features_in_use));
  exports.Set("fr32Pad", Napi::Function::New(env, pad));
  exports.Set("fr32Unpad", Napi::Function::New(env, unpad));
  exports.Set("zeroCommitment", Napi::Function::New(env, zero));
  exports.Set("commDOfPieces", Napi::Function::New(env, comm_d));
  exports.Set("pieceFill", Napi::Function::New(env, fill));
  exports.Set("replicaId", Napi::Function::New(env, replica_id));
  exports.Set("poseidonHash", Napi::Function::New(env, hash));
  exports.Set("graphParents", Napi::Function::New(env, parents));
  exports.Set("parentCacheFileName", Napi::Function::New(env, parent_cache_file_name));
  exports.Set("commitToFile", Napi::Function::New(env, commit_to_file));
  exports.Set("PieceHasher", PieceHasherObject::define(env));
}

}  // namespace seal::binding
