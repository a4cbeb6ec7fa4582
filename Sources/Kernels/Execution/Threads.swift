import Glibc
import Synchronization

/// Runs a body on this thread and on `count − 1` others at the same time, and waits for all.
///
/// The others are kept from call to call and stay awake for a moment after each: a call that follows at
/// once, as the steps of a training or solves in a loop do, starts them within a microsecond, where a
/// new thread takes some 70 µs and a sleeping one 50. A call from within a body, or beside another
/// one, makes threads for itself. Signals go to the caller's thread. Where the system gives no more
/// threads the body runs on fewer, which changes no result.
func runOnThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
  guard count > 1 else { return body() }
  guard !Crew.isBusy.exchange(true, ordering: .acquiring) else { return Crew().run(count, body) }
  defer { Crew.isBusy.store(false, ordering: .releasing) }
  Crew.shared.run(count, body)
}

/// Threads that wait for work.
private final class Crew: @unchecked Sendable {
  static let shared = Crew()
  /// Whether a call uses the shared crew.
  static let isBusy = Atomic(false)

  // Touched by the one call that has the crew.
  private var hands: [Hand] = []

  deinit { for hand in hands { hand.dismiss() } }

  func run(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    hire(count - 1)
    let working = hands.prefix(count - 1)
    for hand in working { hand.start(body) }
    body()
    for hand in working { hand.finish() }
  }

  private func hire(_ count: Int) {
    guard hands.count < count else { return }
    // A new thread inherits the mask: it starts with all signals blocked.
    var all = sigset_t()
    var former = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &former)
    defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
    while hands.count < count {
      guard let hand = Hand.make() else { return }
      hands.append(hand)
    }
  }
}

/// One waiting thread: idle → working → done → idle, or dismissed.
private final class Hand: @unchecked Sendable {
  private static let (idle, working, done, dismissed) = (0, 1, 2, 3)

  private let state = AwaitedState(Hand.idle)
  // Written by the crew before `working`, read by the thread after.
  private var body: (@Sendable () -> Void)?

  static func make() -> Hand? {
    let hand = Hand()
    let argument = Unmanaged.passRetained(hand)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Hand>.fromOpaque(argument).takeRetainedValue().serve()
        return nil
      }, argument.toOpaque())
    guard status == 0 else {
      argument.release()
      return nil
    }
    pthread_detach(thread)
    return hand
  }

  private func serve() {
    while true {
      switch state.wait(until: { $0 == Hand.working || $0 == Hand.dismissed }) {
      case Hand.dismissed: return
      default:
        body?()
        body = nil
        state.set(Hand.done)
      }
    }
  }

  func start(_ body: @escaping @Sendable () -> Void) {
    self.body = body
    state.set(Hand.working)
  }

  func finish() {
    _ = state.wait { $0 == Hand.done }
    state.set(Hand.idle)
  }

  func dismiss() { state.set(Hand.dismissed) }
}

/// A number that one thread waits for and another sets: at first awake, then asleep.
private final class AwaitedState: Sendable {
  private static let patience = Duration.microseconds(200)

  private let value: Atomic<Int>
  private let sleepers = Atomic(0)
  private let condition = Condition()

  init(_ value: Int) { self.value = Atomic(value) }

  func set(_ new: Int) {
    value.store(new, ordering: .sequentiallyConsistent)
    // A sleeper counts itself and then looks at the value: one of the two sees the other's store.
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { condition.locked { condition.wakeAll() } }
  }

  func wait(until isReached: (Int) -> Bool) -> Int {
    let clock = ContinuousClock()
    let start = clock.now
    repeat {
      for _ in 0..<64 {
        let now = value.load(ordering: .acquiring)
        if isReached(now) { return now }
      }
      // Where there are fewer cores than threads, whoever has work goes first.
      sched_yield()
    } while clock.now - start < Self.patience
    return condition.locked {
      sleepers.add(1, ordering: .sequentiallyConsistent)
      defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
      while true {
        let now = value.load(ordering: .sequentiallyConsistent)
        if isReached(now) { return now }
        condition.wait()
      }
    }
  }
}
