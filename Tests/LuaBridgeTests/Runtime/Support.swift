import Synchronization

import LuaBridge

/// Counts the instances alive in one test: a Swift object that outlives its state shows as a count above 0.
final class Lifetimes: Sendable {
  private let alive = Atomic<Int>(0)
  var count: Int { alive.load(ordering: .relaxed) }
  func born() { alive.add(1, ordering: .relaxed) }
  func died() { alive.subtract(1, ordering: .relaxed) }
}

final class Vector: LuaObject {
  var values: [Double]
  private let lifetimes: Lifetimes

  init(_ values: [Double], _ lifetimes: Lifetimes) {
    self.values = values
    self.lifetimes = lifetimes
    lifetimes.born()
  }
  deinit { lifetimes.died() }
}

final class Stream: LuaObject {
  private let lifetimes: Lifetimes
  init(_ lifetimes: Lifetimes) {
    self.lifetimes = lifetimes
    lifetimes.born()
  }
  deinit { lifetimes.died() }
}

struct ModelError: Error, CustomStringConvertible {
  var description: String { "step size must be > 0 (got -0.1)" }
}

/// A module and two types that touch every feature of the binding table.
func sampleLibrary(_ lifetimes: Lifetimes) -> Library {
  let wb = Module("wb", "Workbench.")
  wb.function(
    "vector", "vector(values) → Vector", "Makes a vector.",
    parameters: [.init("values", "list of numbers", "its components")], returns: "the vector",
    example: "print(wb.vector{1, 2})"
  ) { arguments in Vector(try arguments.numbers(1), lifetimes) }
  wb.function("stream", "stream() → Stream", "Something to close.") { _ in Stream(lifetimes) }
  wb.function("integrate", "integrate()", "Always fails.") { _ in throw ModelError() }
  wb.function("map", "map(f, …)", "Calls f.") { arguments in
    let witness = Vector([0], lifetimes)
    defer { _ = witness.values }
    let rest = try arguments.all().dropFirst()
    return LuaResults(all: try arguments.function(1).call(with: Array(rest)))
  }
  wb.function(
    "solve", "solve(sde, options) → Vector", "Solves.",
    parameters: [.init("sde", "Vector", "the equation")],
    options: [
      .required("x0", "number | list", "where it starts"),
      .optional("steps", "integer", default: "100", "number of steps"),
      .optional("method", "string", default: "\"auto\"", "the scheme"),
      .optional("adaptive", "table", "tolerances"),
      .optional("start", "Vector", "a start"),
      .optional("seed", "integer", default: "1", "of the noise"),
    ], returns: "the solution"
  ) { arguments in
    _ = try arguments.object(1, Vector.self)
    let options = try arguments.options(2)
    let x0 = try options.get("x0", .numberOrNumbers)
    let steps = try options.get("steps", .integer(in: 1...), default: 100)
    let method = try options.get("method", .oneOf(["auto", "em", "milstein"]), default: "auto")
    _ = try options.optionalObject("start", Vector.self)
    let seed = try options.get("seed", .seed, default: 1)
    let adaptive = try options.nested("adaptive", [.optional("rtol", "number", "relative")])
    let rtol = try adaptive?.get("rtol", .positive, default: 1e-3)
    return LuaRecord(
      ("x0", x0), ("steps", steps), ("method", method), ("seed", Int(clamping: seed)), ("rtol", rtol))
  }

  let vector = ObjectType("Vector", Vector.self, "A list of numbers.")
  vector.method("sum", "sum() → number", "The sum.") { vector, _ in vector.values.reduce(0, +) }
  vector.method("scaled", "scaled(factor) → Vector", "Times a number.") { vector, arguments in
    let factor = try arguments.number(1)
    return Vector(vector.values.map { $0 * factor }, lifetimes)
  }
  vector.property("size", "integer", "Its length.") { $0.values.count }
  vector.indexed { vector, key, _ in
    guard let i = key.int else { return nil }
    return vector.values.indices.contains(i - 1) ? vector.values[i - 1] : LuaValue.nil
  }
  vector.metamethod(.len, "#v", "Its length.") { try $0.object(1, Vector.self).values.count }
  vector.metamethod(.add, "v + w", "Sum.") { arguments in
    let n =
      (arguments.objectIfPresent(1, Vector.self) ?? arguments.objectIfPresent(2, Vector.self))?.values.count
      ?? 0
    func operand(_ i: Int) throws -> [Double] {
      if let vector = arguments.objectIfPresent(i, Vector.self) { return vector.values }
      return [Double](repeating: try arguments.number(i), count: n)
    }
    let (a, b) = (try operand(1), try operand(2))
    guard a.count == b.count else { throw arguments.error("lengths \(a.count) and \(b.count) differ") }
    return Vector(zip(a, b).map(+), lifetimes)
  }
  vector.described { "Vector of \($0.values.count)" }

  let stream = ObjectType("Stream", Stream.self, "Something to close.")
  stream.method("read", "read() → string", "Reads.") { _, _ in "data" }
  stream.closing()

  var library = Library()
  library.add(wb)
  library.add(vector)
  library.add(stream)
  return library
}

func makeState(_ lifetimes: Lifetimes = Lifetimes(), memoryLimit: Int = 0) throws -> LuaState {
  let lua = try LuaState(memoryLimit: memoryLimit)
  try lua.install(sampleLibrary(lifetimes))
  return lua
}

/// The error of a script that must fail.
func failure(_ lua: LuaState, _ source: String, name: String = "@test.lua") -> LuaError? {
  do {
    try lua.run(source, name: name)
    return nil
  } catch let error as LuaError {
    return error
  } catch {
    return LuaError("not a LuaError: \(error)")
  }
}
