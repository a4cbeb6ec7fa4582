import Glibc
import Lanes
import Program

/// The functions that `math` and `wb` have for traced values, by name.
enum MathNames {
  /// The function, by how many arguments there are.
  static func function(_ name: String, _ count: Int) -> (MathFunction, ClosedRange<Int>)? {
    if let unary = unary[name], count < 2 || (name != "log" && name != "atan") {
      return (.unary(unary), 1...1)
    }
    switch name {
    case "log": return (.logBase, 1...2)
    case "atan", "atan2": return (.binary(.atan2), name == "atan" ? 1...2 : 2...2)
    case "min": return (.binary(.minimum), 1...255)
    case "max": return (.binary(.maximum), 1...255)
    case "pow": return (.binary(.power), 2...2)
    case "fmod": return (.fmod, 2...2)
    case "fma": return (.multiplyAdd, 3...3)
    case "clamp": return (.clamp, 3...3)
    case "where": return (.select, 3...3)
    case "lt": return (.compare(.less, swapped: false), 2...2)
    case "le": return (.compare(.lessOrEqual, swapped: false), 2...2)
    case "gt": return (.compare(.less, swapped: true), 2...2)
    case "ge": return (.compare(.lessOrEqual, swapped: true), 2...2)
    case "dot": return (.dot, 2...2)
    case "sum": return (.sum, 1...1)
    case "norm2": return (.norm2, 1...1)
    default: return nil
    }
  }

  static let unary: [String: UnaryFunction] = Dictionary(
    uniqueKeysWithValues: UnaryFunction.allCases.filter { $0 != .negate }.map { ($0.name, $0) })

  /// What `math` has for traced values; what Lua's lacks is added to it.
  static let inMath = unary.keys.sorted() + ["min", "max", "pow", "fmod", "clamp"]
}

extension Library {
  /// The stand-ins for numbers, and the functions of `wb` that are made for traced functions. The elementwise
  /// ones, `wb.exp` and so on, are those of arrays, which ask the tracer through `hooks`.
  package mutating func addTracing(_ tracer: Tracer, to wb: Module, hooks: ArrayHooks) {
    for type in tracer.makeTypes() { add(type) }
    let functions = [
      ("fma", "fma(a, b, c) → number", "a·b + c, rounded once."),
      ("clamp", "clamp(x, low, high) → number", "x, but at least low and at most high."),
      ("dot", "dot(a, b) → number", "The scalar product Σ aᵢbᵢ."),
      ("sum", "sum(x) → number", "The sum of the components."),
      ("norm2", "norm2(x) → number", "The Euclidean norm, the square root of Σ xᵢ²."),
    ]
    for (name, signature, doc) in functions {
      wb.function(name, signature, doc) { try tracer.callMath(name, "wb.\(name)", try $0.all()) }
    }
    tracer.connect(hooks)
  }
}

extension Tracer {
  /// Makes arrays and traced values meet.
  fileprivate func connect(_ hooks: ArrayHooks) {
    hooks.foreign = { [unowned self] operation, operands, _ in try foreign(operation, operands) }
    register(constantsOf: ArrayObject.self) { $0.array.values }
    register(mathFor: ArrayObject.self) { function, values in
      guard let result = try ArrayOperations.call(function.name, values) else {
        throw LuaError("\(function.name): not a function of arrays")
      }
      return result
    }
  }

  /// An operation of the library, by name, on operands of which one is not a number or an array.
  private func foreign(_ name: String, _ values: [LuaValue]) throws -> (any LuaConvertible)? {
    if let symbol = Tracer.symbols[name] {
      let context = "`\(symbol.text)`"
      let x = try values.map { try operand($0, context) }
      return value(try apply(symbol.function, x[0], x[1], context))
    }
    guard values.contains(where: isTraced) else { return nil }
    let context = "wb.\(name)"
    switch name {
    case "unm": return value(try apply(.negate, try operand(values[0], "`-`"), "`-`"))
    case "eq", "ne": return try equality(name == "eq", values, context)
    case "matmul": return try product(values, context)
    default:
      guard MathNames.function(name, values.count) != nil else { return nil }
      return try callMath(name, context, values)
    }
  }

  /// A constant matrix times a vector.
  private func product(_ values: [LuaValue], _ context: String) throws -> (any LuaConvertible)? {
    guard values.count == 2, let matrix = values[0].array, matrix.rank == 2 else {
      throw refusal("\(context): in a traced function, expected a matrix and a vector")
    }
    let vector = try operand(values[1], context)
    let columns = matrix.shape[1]
    let rows = try (0..<matrix.shape[0]).map { row in
      try result(
        .dot, [.numbers(Array(matrix.values[row * columns..<(row + 1) * columns]), names: []), vector],
        context)
    }
    if rows.allSatisfy(\.isPlain) { return value(.numbers(rows.flatMap(list), names: vector.names)) }
    guard let session else { throw staleValue() }
    return value(.vector(session.builder.stack(rows.map { node($0, session.builder) }), names: vector.names))
  }

  private static let symbols: [String: (text: String, function: BinaryFunction)] = [
    "add": ("+", .add), "sub": ("-", .subtract), "mul": ("*", .multiply), "div": ("/", .divide),
    "mod": ("%", .modulo), "idiv": ("//", .floorDivide),
  ]

  /// Of numbers a boolean, so that it can be a condition; of vectors 1 or 0 for each component.
  private func equality(_ wanted: Bool, _ values: [LuaValue], _ context: String) throws -> any LuaConvertible
  {
    guard values.count == 2 else { throw refusal("\(context): expected 2 arguments, got \(values.count)") }
    let x = try values.map { try operand($0, context) }
    if x.contains(where: \.isVector) {
      return try callMath(
        wanted ? .compare(.equal, swapped: false) : .notEqual, context, values, count: 2...2)
    }
    return try compare(.equal, values[0], values[1]) == wanted
  }

  func callMath(_ name: String, _ context: String, _ values: [LuaValue]) throws -> any LuaConvertible {
    guard let (function, count) = MathNames.function(name, values.count) else {
      throw LuaError("internal error: there is no function '\(name)'")
    }
    return try callMath(function, context, values, count: count)
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
