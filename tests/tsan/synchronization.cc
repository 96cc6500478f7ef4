// Teaches ThreadSanitizer the synchronisation of Debian's Abseil, which is built without it:
// without this every use of an absl::Mutex looks like a race. The definitions here stand in front
// of the library's (and serve gRPC too, which locks through the same symbols); each calls the
// library's own and tells what it orders. Linked into the tests of ThreadSanitizer builds alone.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdlib>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

// The library evaluates other threads' conditions while it lets go of a mutex or waits for one:
// reads that are ordered, but by what happens inside.
class IgnoreReads {
 public:
  IgnoreReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
  IgnoreReads(const IgnoreReads&) = delete;
  IgnoreReads& operator=(const IgnoreReads&) = delete;
};

template <typename Function>
Function* Library(const char* symbol) {
  void* found = dlsym(RTLD_NEXT, symbol);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

void Acquire(const void* object) {
  __tsan_acquire(const_cast<void*>(object));
}

void Release(const void* object) {
  __tsan_release(const_cast<void*>(object));
}

}  // namespace

// What the whole program waits on through deadlines of LockWhen is not used here and so not taught.
//
// The symbols carry the name of Debian's inline namespace; another version fails loudly at the
// first call.
#define SV_ABSL(mangled) "_ZN4absl7debian3" mangled
#define SV_ABSL_CONST(mangled) "_ZNK4absl7debian3" mangled

// Calls the library's function of this type and symbol, found once.
#define SV_CALL(type, symbol, ...)                       \
  ([&] {                                                 \
    static auto* const original = Library<type>(symbol); \
    return original(__VA_ARGS__);                        \
  }())

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  SV_CALL(void(Mutex*), SV_ABSL("5Mutex4LockEv"), this);
  Acquire(this);
}

void Mutex::ReaderLock() {
  SV_CALL(void(Mutex*), SV_ABSL("5Mutex10ReaderLockEv"), this);
  Acquire(this);
}

bool Mutex::TryLock() {
  const bool locked = SV_CALL(bool(Mutex*), SV_ABSL("5Mutex7TryLockEv"), this);
  if (locked) Acquire(this);
  return locked;
}

bool Mutex::ReaderTryLock() {
  const bool locked = SV_CALL(bool(Mutex*), SV_ABSL("5Mutex13ReaderTryLockEv"), this);
  if (locked) Acquire(this);
  return locked;
}

void Mutex::Unlock() {
  Release(this);
  const IgnoreReads ignored;
  SV_CALL(void(Mutex*), SV_ABSL("5Mutex6UnlockEv"), this);
}

void Mutex::ReaderUnlock() {
  Release(this);
  const IgnoreReads ignored;
  SV_CALL(void(Mutex*), SV_ABSL("5Mutex12ReaderUnlockEv"), this);
}

void Mutex::Await(const Condition& cond) {
  using Type = void(Mutex*, const Condition&);
  Release(this);
  {
    const IgnoreReads ignored;
    SV_CALL(Type, SV_ABSL("5Mutex5AwaitERKNS0_9ConditionE"), this, cond);
  }
  Acquire(this);
}

void Mutex::LockWhen(const Condition& cond) {
  using Type = void(Mutex*, const Condition&);
  {
    const IgnoreReads ignored;
    SV_CALL(Type, SV_ABSL("5Mutex8LockWhenERKNS0_9ConditionE"), this, cond);
  }
  Acquire(this);
}

void Mutex::ReaderLockWhen(const Condition& cond) {
  using Type = void(Mutex*, const Condition&);
  {
    const IgnoreReads ignored;
    SV_CALL(Type, SV_ABSL("5Mutex14ReaderLockWhenERKNS0_9ConditionE"), this, cond);
  }
  Acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& cond, Duration timeout) {
  using Type = bool(Mutex*, const Condition&, Duration);
  Release(this);
  const bool met = [&] {
    const IgnoreReads ignored;
    return SV_CALL(Type, SV_ABSL("5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE"), this,
                   cond, timeout);
  }();
  Acquire(this);
  return met;
}

bool Mutex::AwaitWithDeadline(const Condition& cond, Time deadline) {
  using Type = bool(Mutex*, const Condition&, Time);
  Release(this);
  const bool met = [&] {
    const IgnoreReads ignored;
    return SV_CALL(Type, SV_ABSL("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE"), this,
                   cond, deadline);
  }();
  Acquire(this);
  return met;
}

void CondVar::Wait(Mutex* mu) {
  using Type = void(CondVar*, Mutex*);
  Release(mu);
  {
    const IgnoreReads ignored;
    SV_CALL(Type, SV_ABSL("7CondVar4WaitEPNS0_5MutexE"), this, mu);
  }
  Acquire(mu);
}

bool CondVar::WaitWithTimeout(Mutex* mu, Duration timeout) {
  using Type = bool(CondVar*, Mutex*, Duration);
  Release(mu);
  const bool expired = [&] {
    const IgnoreReads ignored;
    return SV_CALL(Type, SV_ABSL("7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE"), this, mu,
                   timeout);
  }();
  Acquire(mu);
  return expired;
}

bool CondVar::WaitWithDeadline(Mutex* mu, Time deadline) {
  using Type = bool(CondVar*, Mutex*, Time);
  Release(mu);
  const bool expired = [&] {
    const IgnoreReads ignored;
    return SV_CALL(Type, SV_ABSL("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE"), this, mu,
                   deadline);
  }();
  Acquire(mu);
  return expired;
}

void Notification::Notify() {
  Release(this);
  SV_CALL(void(Notification*), SV_ABSL("12Notification6NotifyEv"), this);
}

void Notification::WaitForNotification() const {
  SV_CALL(void(const Notification*), SV_ABSL_CONST("12Notification19WaitForNotificationEv"), this);
  Acquire(this);
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  using Type = bool(const Notification*, Duration);
  const bool notified =
      SV_CALL(Type, SV_ABSL_CONST("12Notification30WaitForNotificationWithTimeoutENS0_8DurationE"),
              this, timeout);
  if (notified) Acquire(this);
  return notified;
}

bool BlockingCounter::DecrementCount() {
  Release(this);
  return SV_CALL(bool(BlockingCounter*), SV_ABSL("15BlockingCounter14DecrementCountEv"), this);
}

void BlockingCounter::Wait() {
  SV_CALL(void(BlockingCounter*), SV_ABSL("15BlockingCounter4WaitEv"), this);
  Acquire(this);
}

ABSL_NAMESPACE_END
}  // namespace absl
