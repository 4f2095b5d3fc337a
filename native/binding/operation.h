// A long kernel call, which runs on its own thread and never on libuv's pool.
#pragma once

#include <napi.h>

#include <functional>

#include "kernels/control.h"

namespace seal::binding {

/// Makes the JavaScript value of a finished call. Runs on the JavaScript thread.
using Answer = std::function<Napi::Value(Napi::Env)>;

/// The kernel call. Runs on its own thread and must touch no JavaScript value.
using Work = std::function<Answer(Control&)>;

/// Starts `work` and returns { promise, cancel }. `on_progress` (may be empty) is called with (stage, done,
/// total). The promise rejects with `code` "cancelled" when `cancel()` is called before the end. The end of
/// the process cancels the operation, too.
Napi::Value start_operation(Napi::Env env, const Napi::Function& on_progress, Work work);

}  // namespace seal::binding
