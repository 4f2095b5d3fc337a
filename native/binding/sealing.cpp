#include "binding/addon.h"
#include "binding/arguments.h"
#include "binding/operation.h"
#include "kernels/cache_files.h"
#include "kernels/graph.h"
#include "kernels/parent_cache.h"
#include "kernels/precommit1.h"
#include "kernels/precommit2.h"
#include "kernels/staging.h"
#include "kernels/synthetic.h"
#include "kernels/unseal.h"

namespace seal::binding {

namespace {

Precommit1Options options_of(const Arguments& arguments) {
  return {arguments.text("parentCacheDir"), arguments.threads(), arguments.label_threads()};
}

Napi::Value start_stage_piece(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const StagePieceRequest request{
      arguments.text("payloadPath"),  arguments.whole("payloadBytes"),
      arguments.text("stagedPath"),   arguments.whole("stagedOffset"),
      arguments.whole("paddedBytes"), arguments.has("replace") && arguments.flag("replace")};
  const Threads threads = arguments.threads();
  return start_operation(info.Env(), arguments.function_or_none("onProgress"),
                         [=](Control& control) -> Answer {
                           const Piece piece = stage_piece(request, threads, control);
                           return [piece](Napi::Env env) { return to_buffer(env, piece.commitment); };
                         });
}

Napi::Value start_precommit1(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  std::vector<Precommit1Sector> sectors;
  for (const Arguments& sector : arguments.objects("sectors")) {
    sectors.push_back({sector.text_or("stagedPath", ""), sector.text("sealedPath"), sector.text("cacheDir"),
                       sector.whole("actorId"), sector.whole("sectorNumber"), sector.node("ticket"),
                       sector.node_or_none("expectedCommD")});
  }
  const RegisteredProof proof = arguments.proof();
  const Precommit1Options options = options_of(arguments);
  return start_operation(
      info.Env(), arguments.function_or_none("onProgress"), [=](Control& control) -> Answer {
        const std::vector<Precommit1Result> results = precommit1(proof, sectors, options, control);
        return [results](Napi::Env env) {
          Napi::Array array = Napi::Array::New(env, results.size());
          for (std::uint32_t i = 0; i < results.size(); ++i) {
            Napi::Object object = Napi::Object::New(env);
            object.Set("commD", to_buffer(env, results[i].comm_d));
            object.Set("replicaId", to_buffer(env, results[i].replica_id));
            object.Set("layersKept", Napi::Number::New(env, results[i].layers_kept));
            array.Set(i, object);
          }
          return array;
        };
      });
}

Napi::Value start_precommit2(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const RegisteredProof proof = arguments.proof();
  const std::string cache_dir = arguments.text("cacheDir");
  const std::string sealed_path = arguments.text("sealedPath");
  const Threads threads = arguments.threads();
  return start_operation(
      info.Env(), arguments.function_or_none("onProgress"), [=](Control& control) -> Answer {
        const Precommit2Result result = precommit2(proof, cache_dir, sealed_path, threads, control);
        return [result](Napi::Env env) {
          Napi::Object object = Napi::Object::New(env);
          object.Set("commR", to_buffer(env, result.comm_r));
          object.Set("commD", to_buffer(env, result.comm_d));
          object.Set("commC", to_buffer(env, result.comm_c));
          object.Set("commRLast", to_buffer(env, result.comm_r_last));
          return object;
        };
      });
}

Napi::Value start_unseal(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const RegisteredProof proof = arguments.proof();
  const UnsealRequest request{arguments.text("sealedPath"), arguments.text("outputPath"),
                              arguments.text("scratchDir"), arguments.text_or("lastLayerPath", ""),
                              arguments.whole("actorId"),   arguments.whole("sectorNumber"),
                              arguments.node("ticket"),     arguments.node("commD"),
                              arguments.whole("offset"),    arguments.whole("bytes")};
  const Precommit1Options options = options_of(arguments);
  return start_operation(info.Env(), arguments.function_or_none("onProgress"),
                         [=](Control& control) -> Answer {
                           unseal(proof, request, options, control);
                           return [](Napi::Env env) { return env.Undefined(); };
                         });
}

Napi::Value start_parent_cache(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const RegisteredProof proof = arguments.proof();
  const std::string directory = arguments.text("directory");
  const Threads threads = arguments.threads();
  return start_operation(
      info.Env(), arguments.function_or_none("onProgress"), [=](Control& control) -> Answer {
        const std::string path = ParentCache::open(Graph(proof), directory, threads, control).path();
        return [path](Napi::Env env) { return Napi::String::New(env, path); };
      });
}

Napi::Value cache_file_sizes(const Napi::CallbackInfo& info) {
  const Shape& shape = *Arguments(info).proof().shape;
  const std::vector<std::uint64_t> sizes = tree_r_last_sizes(shape);
  Napi::Array tree_r = Napi::Array::New(info.Env(), sizes.size());
  for (std::uint32_t i = 0; i < sizes.size(); ++i) {
    tree_r.Set(i, Napi::Number::New(info.Env(), static_cast<double>(sizes[i])));
  }
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("treeR", tree_r);
  object.Set("syntheticProofs",
             Napi::Number::New(info.Env(), static_cast<double>(synthetic_file_bytes(shape))));
  return object;
}

}  // namespace

void export_sealing(Napi::Env env, Napi::Object exports) {
  exports.Set("stagePiece", Napi::Function::New(env, start_stage_piece));
  exports.Set("precommit1", Napi::Function::New(env, start_precommit1));
  exports.Set("precommit2", Napi::Function::New(env, start_precommit2));
  exports.Set("unseal", Napi::Function::New(env, start_unseal));
  exports.Set("cacheFileSizes", Napi::Function::New(env, cache_file_sizes));
  exports.Set("parentCache", Napi::Function::New(env, start_parent_cache));
}

}  // namespace seal::binding
