import Nets
import Program

/// Which stores of parameters traced functions use: a net that is called in one leaves inputs with its store's prefix.
final class CapturedStores {
  private struct Known {
    weak var store: ParameterStore?
  }
  private var known: [String: Known] = [:]
  /// Those of the trace in progress, which a script could lose during it.
  private var held: [ParameterStore] = []

  func add(_ store: ParameterStore) {
    if known[store.prefix]?.store == nil { known[store.prefix] = Known(store: store) }
    if !held.contains(where: { $0 === store }) { held.append(store) }
  }

  func endTrace() {
    held.removeAll()
    known = known.filter { $0.value.store != nil }
  }

  /// The store that has the parameter which the input is, and what it calls it.
  func owner(of input: String) -> (store: ParameterStore, parameter: String)? {
    guard let dot = input.firstIndex(of: ".") else { return nil }
    let name = input.index(after: dot)
    guard let store = known[String(input[..<name])]?.store else { return nil }
    return (store, String(input[name...]))
  }

  /// The stores that inputs belong to, each once, in order.
  func stores(of inputs: [ProgramInput]) -> [ParameterStore] {
    var found: [ParameterStore] = []
    for input in inputs {
      guard let store = owner(of: input.name)?.store, !found.contains(where: { $0 === store }) else {
        continue
      }
      found.append(store)
    }
    return found
  }
}

extension [ParameterStore] {
  /// The present values of all parameters, by the names of their inputs.
  package var sharedValues: [String: [Double]] {
    reduce(into: [:]) { $0.merge($1.inputs(), uniquingKeysWith: { first, _ in first }) }
  }

  /// Both, each store once.
  package func union(_ other: [ParameterStore]) -> [ParameterStore] {
    self + other.filter { store in !contains { $0 === store } }
  }
}
