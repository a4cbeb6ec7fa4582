import Glibc
import Synchronization

/// The bars that a person sees while a script runs: one of the computation in progress, and one of the script's
/// own progress around its computations.
package final class ProgressBars: Sendable {
  private struct Bars {
    var computation: ProgressBar?
    var script: (label: String, bar: ProgressBar)?
  }

  private let bars = Mutex(Bars())
  private let delay: Double
  private let output: Int32

  /// - Parameters:
  ///   - delay: seconds before a bar appears.
  ///   - output: where to draw.
  package init(delay: Double = 1, output: Int32 = STDERR_FILENO) {
    self.delay = delay
    self.output = output
  }

  /// How far the computation is. The label may say something else each time, such as what a loss is by now: it
  /// stays one bar, until `endComputation`.
  package func showComputation(_ label: String, _ share: Double) {
    let bar = bars.withLock { bars in
      let bar = bars.computation ?? ProgressBar(label, total: 1, delay: delay, output: output)
      bars.computation = bar
      return bar
    }
    bar.update(share, label: label)
  }

  package func endComputation() {
    bars.withLock { bars in
      bars.computation?.finish()
      bars.computation = nil
    }
  }

  /// How far the script says that it is. Computations within it come and go without ending its bar; a share of 1,
  /// or another label, does.
  package func showScript(_ label: String, _ share: Double) {
    let bar = bars.withLock { bars in
      if let script = bars.script, script.label == label { return script.bar }
      bars.script?.bar.finish()
      let bar = ProgressBar(label, total: 1, delay: delay, output: output)
      bars.script = (label, bar)
      return bar
    }
    bar.update(share)
    guard share >= 1 else { return }
    bars.withLock { bars in
      bars.script?.bar.finish()
      bars.script = nil
    }
  }
}
