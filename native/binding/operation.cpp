#include "binding/operation.h"

#include <atomic>
#include <thread>

#include "binding/arguments.h"
#include "kernels/first_failure.h"
#include "kernels/threads.h"

namespace seal::binding {

namespace {

class Operation {
 public:
  Operation(Napi::Env env, const Napi::Function& on_progress, Work work)
      : deferred_(Napi::Promise::Deferred::New(env)),
        reports_(!on_progress.IsEmpty()),
        control_([this](const Progress& progress) { report(progress); }),
        work_(std::move(work)) {
    const Napi::Function callback =
        reports_ ? on_progress : Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
    to_javascript_ = Napi::ThreadSafeFunction::New(env, callback, "seal", 0, 1, [this](Napi::Env) { end(); });
  }

  Napi::Promise promise() const { return deferred_.Promise(); }
  void start(Napi::Env env) {
    FirstFailure refused;
    if (refused.guard([this] { thread_ = start_thread([this] { run(); }); })) return;
    settle(env, {}, refused.failure());
    to_javascript_.Release();
  }
  void cancel() { control_.cancel(); }
  void retain() { owners_.fetch_add(1); }
  void release() {
    if (owners_.fetch_sub(1) == 1) delete this;
  }

 private:
  void run() {
    Answer answer;
    FirstFailure first_failure;
    first_failure.guard([&] { answer = work_(control_); });
    // During shutdown of JavaScript the call fails; nothing waits for the answer then.
    to_javascript_.BlockingCall(
        [this, answer, failure = first_failure.failure()](Napi::Env env, Napi::Function) {
          const Napi::HandleScope scope(env);
          settle(env, answer, failure);
        });
    to_javascript_.Release();
  }

  void settle(Napi::Env env, const Answer& answer, const std::optional<Failure>& failure) {
    try {
      if (failure) {
        deferred_.Reject(to_error(env, *failure).Value());
      } else {
        deferred_.Resolve(answer(env));
      }
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

  void report(const Progress& progress) {
    if (!reports_) return;
    to_javascript_.NonBlockingCall([progress](Napi::Env env, Napi::Function callback) {
      const Napi::HandleScope scope(env);
      callback.Call({Napi::String::New(env, progress.stage),
                     Napi::Number::New(env, static_cast<double>(progress.done)),
                     Napi::Number::New(env, static_cast<double>(progress.total))});
    });
  }

  /// JavaScript's last call to the operation: after the answer, or earlier when the process ends.
  void end() {
    control_.cancel();
    if (thread_.joinable()) thread_.join();
    release();
  }

  Napi::Promise::Deferred deferred_;
  bool reports_;
  Control control_;
  Work work_;
  Napi::ThreadSafeFunction to_javascript_;
  std::thread thread_;
  std::atomic<int> owners_{1};
};

/// Keeps an operation alive as long as the JavaScript function that can cancel it. Not a std::shared_ptr,
/// which requires a newer glibc than the oldest supported one.
class Handle {
 public:
  explicit Handle(Operation* operation) : operation_(operation) { operation_->retain(); }
  Handle(const Handle& other) : Handle(other.operation_) {}
  Handle& operator=(const Handle&) = delete;
  ~Handle() { operation_->release(); }
  Operation* operator->() const { return operation_; }

 private:
  Operation* operation_;
};

}  // namespace

Napi::Value start_operation(Napi::Env env, const Napi::Function& on_progress, Work work) {
  auto* operation = new Operation(env, on_progress, std::move(work));
  const Handle handle(operation);
  Napi::Object result = Napi::Object::New(env);
  result.Set("promise", operation->promise());
  result.Set("cancel", Napi::Function::New(env, [handle](const Napi::CallbackInfo&) { handle->cancel(); }));
  operation->start(env);
  return result;
}

}  // namespace seal::binding
