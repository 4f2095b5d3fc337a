#include <napi.h>

#include "binding/addon.h"
#include "binding/arguments.h"
#include "binding/operation.h"
#include "kernels/cache_files.h"
#include "kernels/commit1.h"
#include "kernels/synthetic.h"

namespace seal::binding {

namespace {

SealStatement statement_of(const Arguments& arguments) {
  return {arguments.whole("actorId"), arguments.whole("sectorNumber"), arguments.node("ticket"),
          arguments.node("seed"),     arguments.node("commD"),         arguments.node("commR")};
}

Answer nothing() {
  return [](Napi::Env env) { return env.Undefined(); };
}

Napi::Value commit1(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  return start_operation(
      info.Env(), arguments.function_or_none("onProgress"),
      [proof = arguments.proof(), statement = statement_of(arguments), cache_dir = arguments.text("cacheDir"),
       replica_path = arguments.text("replicaPath"),
       threads = arguments.threads()](Control& control) -> Answer {
        const Commit1Output output =
            seal::commit1(proof, statement, cache_dir, replica_path, threads, control);
        return [bytes = encode_commit1(output)](Napi::Env env) {
          return to_buffer(env, bytes.data(), bytes.size());
        };
      });
}

Napi::Value verify_commit1(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  return start_operation(
      info.Env(), arguments.function_or_none("onProgress"),
      [proof = arguments.proof(), statement = statement_of(arguments), output = arguments.bytes("output"),
       threads = arguments.threads()](Control& control) {
        seal::verify_commit1(proof, statement, decode_commit1(output), threads, control);
        return nothing();
      });
}

Napi::Value write_synthetic_proofs(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  return start_operation(info.Env(), arguments.function_or_none("onProgress"),
                         [proof = arguments.proof(), cache_dir = arguments.text("cacheDir"),
                          replica_path = arguments.text("replicaPath"), threads = arguments.threads(),
                          statement = VanillaStatement{arguments.node("replicaId"), arguments.node("commD"),
                                                       arguments.node("commR")}](Control& control) {
                           const SealedSector sector(proof, cache_dir, replica_path);
                           seal::write_synthetic_proofs(proof, statement, sector,
                                                        synthetic_proofs_file(cache_dir), threads, control);
                           return nothing();
                         });
}

}  // namespace

void export_proofs(Napi::Env env, Napi::Object exports) {
  exports.Set("commit1", Napi::Function::New(env, commit1));
  exports.Set("verifyCommit1", Napi::Function::New(env, verify_commit1));
  exports.Set("writeSyntheticProofs", Napi::Function::New(env, write_synthetic_proofs));
}

}  // namespace seal::binding
