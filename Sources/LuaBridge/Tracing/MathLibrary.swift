import Glibc
import Lanes
import Program

/// A function of `wb`, most of them of `math` too.
struct MathEntry: Sendable {
  let key: String
  let signature: String
  let doc: String
  var isOnlyInModule = false
  let body: @Sendable (Tracer, String, Arguments) throws -> any LuaConvertible

  private static func unary(_ function: UnaryFunction, _ doc: String) -> MathEntry {
    let name = MathFunction.unary(function).name
    return MathEntry(key: name, signature: "\(name)(x) → number", doc: doc) { tracer, context, arguments in
      try tracer.callMath(.unary(function), context, try arguments.all(), count: 1...1)
    }
  }

  private static func of(
    _ function: MathFunction, _ signature: String, _ count: ClosedRange<Int>, _ doc: String,
    onlyInModule: Bool = false
  ) -> MathEntry {
    MathEntry(key: function.name, signature: signature, doc: doc, isOnlyInModule: onlyInModule) {
      try $0.callMath(function, $1, try $2.all(), count: count)
    }
  }

  static let all: [MathEntry] =
    [
      unary(.exp, "eˣ."), unary(.expm1, "eˣ − 1, accurate for small x."),
      MathEntry(
        key: "log", signature: "log(x, [base]) → number", doc: "The logarithm, natural without a base."
      ) {
        tracer, context, arguments in
        let values = try arguments.all()
        return try tracer.callMath(values.count > 1 ? .logBase : .unary(.log), context, values, count: 1...2)
      },
      unary(.log1p, "log(1 + x), accurate for small x."), unary(.sqrt, "The square root."),
      unary(.sin, "The sine."), unary(.cos, "The cosine."), unary(.tan, "The tangent."),
      unary(.asin, "The inverse sine."), unary(.acos, "The inverse cosine."),
      MathEntry(
        key: "atan", signature: "atan(y, [x]) → number",
        doc: "The angle of the point (x, y); x is 1 by default."
      ) { tracer, context, arguments in
        let values = try arguments.all()
        return try tracer.callMath(
          values.count > 1 ? .binary(.atan2) : .unary(.atan), context, values, count: 1...2)
      },
      unary(.sinh, "The hyperbolic sine."), unary(.cosh, "The hyperbolic cosine."),
      unary(.tanh, "The hyperbolic tangent."), unary(.absolute, "The absolute value."),
      unary(.sign, "−1, 0 or 1."), unary(.floor, "The largest integer that is not above x."),
      unary(.ceil, "The smallest integer that is not below x."),
      unary(.round, "The nearest integer, halves to the even one."), unary(.erf, "The error function."),
      unary(.sigmoid, "1/(1 + e⁻ˣ)."), unary(.softplus, "log(1 + eˣ)."), unary(.silu, "x/(1 + e⁻ˣ)."),
      unary(.relu, "max(x, 0)."),
      of(.binary(.minimum), "min(a, b, …) → number", 1...255, "The smallest, as one operation."),
      of(.binary(.maximum), "max(a, b, …) → number", 1...255, "The largest, as one operation."),
      of(.binary(.power), "pow(a, b) → number", 2...2, "aᵇ, the same as a ^ b."),
      of(.multiplyAdd, "fma(a, b, c) → number", 3...3, "a·b + c, rounded once."),
      of(.clamp, "clamp(x, low, high) → number", 3...3, "x, but at least low and at most high."),
      of(
        .select, "where(condition, a, b) → number", 3...3,
        "a where the condition is true or a number other than 0, else b: one operation, no branch. Conditions "
          + "that stay one operation are wb.less and its like.", onlyInModule: true),
      of(
        .compare(.less, swapped: false), "less(a, b) → number", 2...2, "1 where a < b, else 0.",
        onlyInModule: true),
      of(
        .compare(.lessOrEqual, swapped: false), "less_equal(a, b) → number", 2...2, "1 where a ≤ b, else 0.",
        onlyInModule: true),
      of(
        .compare(.less, swapped: true), "greater(a, b) → number", 2...2, "1 where a > b, else 0.",
        onlyInModule: true),
      of(
        .compare(.lessOrEqual, swapped: true), "greater_equal(a, b) → number", 2...2,
        "1 where a ≥ b, else 0.",
        onlyInModule: true),
      of(
        .compare(.equal, swapped: false), "equal(a, b) → number", 2...2, "1 where a equals b, else 0.",
        onlyInModule: true),
      of(
        .notEqual, "not_equal(a, b) → number", 2...2, "1 where a does not equal b, else 0.",
        onlyInModule: true),
      of(.dot, "dot(a, b) → number", 2...2, "Σ aᵢbᵢ.", onlyInModule: true),
      of(.sum, "sum(x) → number", 1...1, "The sum of the components.", onlyInModule: true),
      of(
        .norm2, "norm2(x) → number", 1...1, "The Euclidean norm, the square root of Σ xᵢ².",
        onlyInModule: true),
      MathEntry(
        key: "eq", signature: "eq(a, b) → boolean",
        doc: "a == b, also between a traced value and a number, which `==` cannot see. For conditions: "
          + "`if wb.eq(x, 0) then`.",
        isOnlyInModule: true
      ) { tracer, context, arguments in
        if arguments.count != 2 {
          throw tracer.refusal("\(context): expected 2 arguments, got \(arguments.count)")
        }
        return try tracer.compare(.equal, try arguments[1], try arguments[2])
      },
    ]
}

extension Tracer {
  func makeModule() -> Module {
    let module = Module("wb", "")
    for entry in MathEntry.all {
      let context = "wb.\(entry.key)"
      module.function(entry.key, entry.signature, entry.doc) { [self] in try entry.body(self, context, $0) }
    }
    return module
  }

  func callMath(
    _ function: MathFunction, _ context: String, _ values: [LuaValue], count: ClosedRange<Int>
  ) throws -> any LuaConvertible {
    guard count.contains(values.count) else {
      let wanted =
        count.lowerBound == count.upperBound
        ? counted(count.lowerBound, "argument")
        : count.upperBound > 2
          ? "at least \(count.lowerBound)" : "\(count.lowerBound) or \(count.upperBound) arguments"
      throw refusal("\(context): expected \(wanted), got \(values.count)")
    }
    if let handler = handler(for: values), !values.contains(where: isTraced) {
      return try handler(function, values)
    }
    if case .select = function { return try choose(values, context) }
    if session?.mode != .replaying, let exact = integerResult(function, values) { return exact }
    return value(try result(function, try values.map { try operand($0, context) }, context))
  }

  private func isTraced(_ value: LuaValue) -> Bool {
    if case .object(let object) = value { object is TracedValue || object is TracedVector } else { false }
  }

  /// Lua keeps integers integers here.
  private func integerResult(_ function: MathFunction, _ values: [LuaValue]) -> LuaValue? {
    switch (function, values.first) {
    case (.unary(.absolute), .integer(let x)): return .integer(x < 0 ? 0 &- x : x)
    case (.unary(.floor), .integer), (.unary(.ceil), .integer): return values[0]
    case (.unary(.floor), .number(let x)): return Int(exactly: x.rounded(.down)).map { .integer($0) }
    case (.unary(.ceil), .number(let x)): return Int(exactly: x.rounded(.up)).map { .integer($0) }
    case (.binary(.minimum), _): return extreme(values) { $0 < $1 }
    case (.binary(.maximum), _): return extreme(values) { $0 > $1 }
    default: return nil
    }
  }

  /// The first of the numbers that is before all others, as it came.
  private func extreme(_ values: [LuaValue], _ isBefore: (Double, Double) -> Bool) -> LuaValue? {
    var best: (value: LuaValue, number: Double)?
    for value in values {
      guard let number = value.double else { return nil }
      // Integers beyond 2⁵³ may look equal.
      if case .integer(let a) = value, case .integer(let b)? = best?.value, Double(a) == Double(b), a != b {
        if isBefore(a > b ? 1 : 0, a > b ? 0 : 1) { best = (value, number) }
      } else if best.map({ isBefore(number, $0.number) }) ?? true {
        best = (value, number)
      }
    }
    return best?.value
  }

  private func result(_ function: MathFunction, _ x: [Operand], _ context: String) throws -> Operand {
    switch function {
    case .unary(let function): return try apply(function, x[0], context)
    case .binary(let function):
      return try x.dropFirst().reduce(x[0]) { try apply(function, $0, $1, context) }
    case .compare(let comparison, let swapped):
      let (a, b) = swapped ? (x[1], x[0]) : (x[0], x[1])
      return try apply([a, b], context, plain: { Double.evaluate(comparison, $0[0], $0[1]) }) {
        $0.compare(comparison, $1[0], $1[1])
      }
    case .notEqual:
      return try apply([x[0], x[1]], context, plain: { $0[0] != $0[1] ? 1 : 0 }) {
        $0.select($0.compare(.equal, $1[0], $1[1]), $0.constant(0), $0.constant(1))
      }
    case .logBase:
      // Lua takes log2 and log10 where the base is 2 or 10.
      return try apply(
        [x[0], x[1]], context,
        plain: { $0[1] == 2 ? log2($0[0]) : $0[1] == 10 ? log10($0[0]) : log($0[0]) / log($0[1]) }
      ) {
        $0.binary(.divide, $0.unary(.log, $1[0]), $0.unary(.log, $1[1]))
      }
    case .fmod:
      return try apply([x[0], x[1]], context, plain: { Glibc.fmod($0[0], $0[1]) }, traced: remainder)
    case .multiplyAdd:
      return try apply(x, context, plain: { $0[2].addingProduct($0[0], $0[1]) }) {
        $0.multiplyAdd($1[0], $1[1], $1[2])
      }
    case .clamp:
      return try apply(.minimum, try apply(.maximum, x[0], x[1], context), x[2], context)
    case .dot: return try sum(try apply(.multiply, x[0], x[1], context), context)
    case .sum: return try sum(x[0], context)
    case .norm2: return try apply(.sqrt, try sum(try apply(.multiply, x[0], x[0], context), context), context)
    case .select: return x[0]
    }
  }

  /// From Lua's remainder of the magnitudes, which is C's; the sign, also of zero, is the dividend's.
  private func remainder(_ builder: ProgramBuilder, _ x: [NodeID]) -> NodeID {
    let size = builder.binary(.modulo, builder.unary(.absolute, x[0]), builder.unary(.absolute, x[1]))
    let zero = builder.constant(0)
    let signed = builder.select(builder.compare(.less, x[0], zero), builder.unary(.negate, size), size)
    return builder.select(builder.compare(.equal, x[0], zero), builder.binary(.subtract, x[0], size), signed)
  }

  private func sum(_ x: Operand, _ context: String) throws -> Operand {
    switch x {
    case .number, .node: return x
    case .numbers(let values, _): return .number(values.dropFirst().reduce(values.first ?? 0, +))
    case .vector(let id, _):
      guard let session else { throw staleValue() }
      // In the same order either way; few are written out.
      let rows = session.builder[id].rows
      if rows > 32 { return .node(session.builder.sum(id)) }
      let parts = session.builder.components(id)
      let total = parts.dropFirst().reduce(parts[0]) { session.builder.binary(.add, $0, $1) }
      try checkBuilder(session, context)
      return .node(total)
    }
  }

  private func choose(_ values: [LuaValue], _ context: String) throws -> any LuaConvertible {
    switch values[0] {
    case .boolean(let condition): return try chosen(values[condition ? 1 : 2], context)
    case .nil: throw refusal("\(context): expected a condition, got nil\(nilHint)")
    default: break
    }
    let x = try values.map { try operand($0, context) }
    if case .number(let condition) = x[0] { return try chosen(values[condition != 0 ? 1 : 2], context) }
    return value(
      try apply(x, context, plain: { $0[0] != 0 ? $0[1] : $0[2] }) { $0.select($1[0], $1[1], $1[2]) })
  }

  /// The value itself; in a replay as a float, which it is in the compiled function.
  private func chosen(_ chosen: LuaValue, _ context: String) throws -> any LuaConvertible {
    session?.mode == .replaying ? value(try operand(chosen, context)) : chosen
  }
}
