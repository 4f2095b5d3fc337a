// The exports of the addon, one function for each file of the binding.
#pragma once

#include <napi.h>

namespace seal::binding {

void export_commitments(Napi::Env env, Napi::Object exports);  ///< fr32, hashes, commitments, ids
void export_sealing(Napi::Env env, Napi::Object exports);      ///< phases 1 and 2, unseal, parents, staging

void export_proofs(Napi::Env env, Napi::Object exports);   ///< C1, its verifier, synthetic proofs
void export_updates(Napi::Env env, Napi::Object exports);  ///< sector updates and their proofs

}  // namespace seal::binding
