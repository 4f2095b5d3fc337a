#include <napi.h>

#include "binding/addon.h"
#include "binding/arguments.h"
#include "binding/operation.h"
#include "kernels/sector_update.h"
#include "kernels/update_proof.h"

namespace seal::binding {

namespace {

UpdateStatement statement_of(const Arguments& arguments) {
  return {arguments.node("commROld"), arguments.node("commRNew"), arguments.node("commDNew")};
}

Answer nothing() {
  return [](Napi::Env env) { return env.Undefined(); };
}

Napi::Value encode_update(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const UpdateRequest request{arguments.text("keyPath"),        arguments.text("keyCacheDir"),
                              arguments.text("dataPath"),       arguments.text("replicaPath"),
                              arguments.text("updateCacheDir"), arguments.node_or_none("expectedCommD")};
  return start_operation(info.Env(), arguments.function_or_none("onProgress"),
                         [request, sector_bytes = arguments.whole("sectorBytes"),
                          threads = arguments.threads()](Control& control) -> Answer {
                           const UpdateResult result =
                               seal::encode_update(shape_of(sector_bytes), request, threads, control);
                           return [result](Napi::Env env) -> Napi::Value {
                             Napi::Object object = Napi::Object::New(env);
                             object.Set("commRNew", to_buffer(env, result.comm_r_new));
                             object.Set("commDNew", to_buffer(env, result.comm_d_new));
                             object.Set("commRLastNew", to_buffer(env, result.comm_r_last_new));
                             return object;
                           };
                         });
}

Napi::Value decode_update(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const UpdateDecodeRequest request{arguments.text("replicaPath"), arguments.text("keyPath"),
                                    arguments.text("outputPath"),  arguments.node("commDNew"),
                                    arguments.node("commROld"),    arguments.whole("offset"),
                                    arguments.whole("bytes")};
  return start_operation(info.Env(), arguments.function_or_none("onProgress"),
                         [request, sector_bytes = arguments.whole("sectorBytes"),
                          threads = arguments.threads()](Control& control) {
                           seal::decode_update(shape_of(sector_bytes), request, threads, control);
                           return nothing();
                         });
}

Napi::Value remove_update(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const RemoveUpdateRequest request{arguments.text("replicaPath"), arguments.text("dataPath"),
                                    arguments.text("keyPath"),     arguments.text("keyCacheDir"),
                                    arguments.node("commDNew"),    arguments.node("commC"),
                                    arguments.node("commROld")};
  return start_operation(info.Env(), arguments.function_or_none("onProgress"),
                         [request, sector_bytes = arguments.whole("sectorBytes"),
                          threads = arguments.threads()](Control& control) {
                           seal::remove_update(shape_of(sector_bytes), request, threads, control);
                           return nothing();
                         });
}

Napi::Value prove_update(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const UpdatedSectorFiles files{arguments.text("keyPath"), arguments.text("keyCacheDir"),
                                 arguments.text("replicaPath"), arguments.text("updateCacheDir")};
  return start_operation(
      info.Env(), arguments.function_or_none("onProgress"),
      [files, statement = statement_of(arguments), sector_bytes = arguments.whole("sectorBytes"),
       threads = arguments.threads()](Control& control) -> Answer {
        std::vector<std::vector<std::uint8_t>> proofs;
        for (const auto& proof :
             seal::prove_update(shape_of(sector_bytes), statement, files, threads, control)) {
          proofs.push_back(encode_update_partition(proof));
        }
        return [proofs](Napi::Env env) -> Napi::Value {
          Napi::Array list = Napi::Array::New(env, proofs.size());
          for (std::uint32_t i = 0; i < proofs.size(); ++i) {
            list.Set(i, to_buffer(env, proofs[i].data(), proofs[i].size()));
          }
          return list;
        };
      });
}

Napi::Value verify_update(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  std::vector<std::vector<std::uint8_t>> proofs;
  for (const Arguments& partition : arguments.objects("partitions"))
    proofs.push_back(partition.bytes("proof"));
  return start_operation(
      info.Env(), arguments.function_or_none("onProgress"),
      [proofs, statement = statement_of(arguments), sector_bytes = arguments.whole("sectorBytes"),
       threads = arguments.threads()](Control& control) {
        std::vector<UpdatePartitionProof> partitions;
        for (const auto& proof : proofs) partitions.push_back(decode_update_partition(proof));
        seal::verify_update(shape_of(sector_bytes), statement, partitions, threads, control);
        return nothing();
      });
}

}  // namespace

void export_updates(Napi::Env env, Napi::Object exports) {
  exports.Set("encodeUpdate", Napi::Function::New(env, encode_update));
  exports.Set("decodeUpdate", Napi::Function::New(env, decode_update));
  exports.Set("removeUpdate", Napi::Function::New(env, remove_update));
  exports.Set("proveUpdate", Napi::Function::New(env, prove_update));
  exports.Set("verifyUpdate", Napi::Function::New(env, verify_update));
}

}  // namespace seal::binding
