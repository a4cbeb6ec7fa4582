import CLineEdit
import Glibc
import Synchronization

/// Ctrl-C as a value and as a call, instead of the death of the process.
///
/// The signal handler only counts and wakes a thread; `onInterrupt` runs on that thread, a fraction of a
/// millisecond later, where it may do anything that is thread-safe, for example set the flag that running
/// kernels poll. If a second Ctrl-C comes within a second before `acknowledge()`, the process ends with status
/// 130: the user is not obliged to wait for a script that does not listen.
///
/// There is one SIGINT in a process, so there is one source at a time.
package final class InterruptSource: Sendable {
  private static let active = Mutex(false)

  /// Nil if another source is active or the handler cannot be installed.
  package init?(onInterrupt: @escaping @Sendable () -> Void) {
    let descriptor: Int32? = Self.active.withLock { active in
      guard !active else { return nil }
      let descriptor = cle_interrupts_begin()
      guard descriptor >= 0 else { return nil }
      active = true
      return descriptor
    }
    guard let descriptor else { return nil }
    // Zero bytes left by an earlier source are not this one's.
    Self.drain(descriptor)
    let thread = Watcher(descriptor: descriptor, stopped: stopped, onInterrupt: onInterrupt)
    watcher = thread
    guard thread.start() else {
      Self.release()
      return nil
    }
  }

  private let stopped = StopFlag()
  private let watcher: Watcher

  /// Whether a Ctrl-C came that was not acknowledged.
  package var isInterrupted: Bool { cle_interrupts_pending() > 0 }

  /// What came so far has been handled; the next Ctrl-C is a first one again.
  package func acknowledge() { cle_interrupts_acknowledge() }

  deinit {
    stopped.value.store(true, ordering: .releasing)
    Self.release()
  }

  private static func release() {
    active.withLock { active in
      cle_interrupts_end()
      active = false
    }
  }

  private static func drain(_ descriptor: Int32) {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var byte: UInt8 = 0
    while poll(&waiting, 1, 0) > 0, read(descriptor, &byte, 1) == 1 {}
  }
}

private final class StopFlag: Sendable {
  let value = Atomic(false)
}

/// The thread that waits for the signal handler's bytes.
private final class Watcher: Sendable {
  private let descriptor: Int32
  private let stopped: StopFlag
  private let onInterrupt: @Sendable () -> Void

  init(descriptor: Int32, stopped: StopFlag, onInterrupt: @escaping @Sendable () -> Void) {
    self.descriptor = descriptor
    self.stopped = stopped
    self.onInterrupt = onInterrupt
  }

  func start() -> Bool {
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Watcher>.fromOpaque(context).takeRetainedValue().watch()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    if status != 0 {
      Unmanaged.passUnretained(self).release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  private func watch() {
    // The signal should interrupt the main thread's waiting, not this one's.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var byte: UInt8 = 0
    while !stopped.value.load(ordering: .acquiring) {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // The pipe outlives the source, so the end of a source is seen by looking, twice a second.
      guard poll(&waiting, 1, 500) > 0, !stopped.value.load(ordering: .acquiring) else { continue }
      if read(descriptor, &byte, 1) == 1 { onInterrupt() }
    }
  }
}
