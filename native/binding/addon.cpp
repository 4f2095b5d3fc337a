#include "binding/addon.h"

namespace {

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  seal::binding::export_commitments(env, exports);
  seal::binding::export_sealing(env, exports);
  seal::binding::export_proofs(env, exports);
  seal::binding::export_updates(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(seal, initialize)
