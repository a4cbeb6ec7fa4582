import Glibc

/// Runs a body on this thread and on `count − 1` others at the same time, and waits for all.
///
/// The threads are made for the call: that takes some 50 µs, where a shared pool of worker threads was
/// seen to start the second one a millisecond late. Signals go to the caller's thread. Where the system
/// gives no more threads the body runs on fewer, which changes no result.
func runOnThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
  var others: [pthread_t] = []
  if count > 1 {
    // A new thread inherits the mask: it starts with all signals blocked.
    var all = sigset_t()
    var former = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &former)
    defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
    for _ in 1..<count {
      var thread = pthread_t()
      let job = Unmanaged.passRetained(Job(body))
      let status = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
          return nil
        }, job.toOpaque())
      guard status == 0 else {
        job.release()
        break
      }
      others.append(thread)
    }
  }
  body()
  for thread in others { pthread_join(thread, nil) }
}

private final class Job: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
