import Lanes
import Program

// What scripts can do with the stand-ins for numbers. Whatever Lua does not let a stand-in see (`==` with a
// number, truth, table keys) is found by the replay check.
extension Tracer {
  func makeTypes() -> [AnyObjectType] {
    [
      makeValueType(), makeVectorType(), makeMatrixType(), makeParametersType(), makeFunctionType(),
      makeRandomType(),
    ]
  }

  private func makeValueType() -> AnyObjectType {
    let type = ObjectType(
      "traced value", TracedValue.self,
      "Stands for a number while a function is traced: arithmetic, comparisons and the math functions record "
        + "what is done with it.")
    addArithmetic(to: type)
    addComparisons(to: type)
    addRefusals(to: type)
    type.metamethod(.len, "#x", "An error: a number has no length.") { [self] _ in
      throw refusal("`#`: a traced value is one number, it has no length")
    }
    type.indexed { [self] _, key, _ in throw refusal(scalarIndex(key)) }
    type.metamethod(.newindex, "x.name = v", "An error: values are read-only.") { [self] _ in
      throw refusal("a traced value is one number: nothing can be assigned into it; return the new value")
    }
    type.metamethod(.pairs, "pairs(x)", "An error.") { [self] _ in
      throw refusal("pairs: a traced value is one number, not a table")
    }
    type.described { [self] value in
      let position = lua.currentPosition.map { " at \($0)" } ?? ""
      return "<traced \(formula(value.node, value.session.builder))\(position)>"
    }
    return type
  }

  private func scalarIndex(_ key: LuaValue) -> String {
    switch key {
    case .string(let name):
      "a traced value is one number and has no field '\(name)': a state of one component, and time, are "
        + "the value itself"
    case .integer, .number:
      "a traced value is one number and cannot be indexed: a state of one component is the value itself, "
        + "write x instead of x[\(key.int ?? 1)]"
    default: "a traced value is one number and cannot be indexed"
    }
  }

  private func makeVectorType() -> AnyObjectType {
    let type = ObjectType(
      "vector", TracedVector.self,
      "A value of several components: x[1], x.name, #x, arithmetic with numbers and vectors, component by "
        + "component.")
    addArithmetic(to: type)
    addComparisons(to: type)
    addRefusals(to: type)
    type.metamethod(.len, "#x", "The number of components.") { arguments in
      try arguments.object(1, TracedVector.self).count
    }
    type.indexed { [self] vector, key, _ in
      switch key {
      case .string(let name):
        if let row = vector.names.firstIndex(of: name) { return vector.component(row) }
        throw refusal(noComponent(name, vector))
      case .integer, .number:
        guard let index = key.int else { throw refusal("a component is asked for by an integer, from 1") }
        if index >= 1, index <= vector.count { return vector.component(index - 1) }
        // ipairs asks for the component after the last and must get nil.
        if index == vector.count + 1 {
          session?.pastTheEnd = "component \(index) of a vector with \(vector.count) was read"
          return nil
        }
        throw refusal("there is no component \(index) in a vector with \(vector.count)")
      case .object(let object) where object is TracedValue:
        throw refusal(
          "a traced value cannot choose a component: its value is not known when the function is traced")
      default: throw refusal("a component is asked for by its number or its name, not by \(key.kind)")
      }
    }
    type.metamethod(.newindex, "x[i] = v", "An error: vectors are read-only.") { [self] _ in
      throw refusal("the state is read-only: return the new values instead of assigning into it")
    }
    type.metamethod(.pairs, "pairs(x)", "An error: use ipairs.") { [self] _ in
      throw refusal("pairs: a vector has an order: use ipairs(x), or for i = 1, #x")
    }
    type.described { [self] vector in
      switch vector.storage {
      case .numbers(let numbers): return "{" + numbers.map(shortNumber).joined(separator: ", ") + "}"
      case .node(let id, let session):
        let parts = session.builder.components(id).prefix(8).map { formula($0, session.builder) }
        return "<traced {\(parts.joined(separator: ", "))}\(vector.count > 8 ? ", …" : "")>"
      }
    }
    return type
  }

  private func noComponent(_ name: String, _ vector: TracedVector) -> String {
    if vector.names.isEmpty {
      return
        "the vector has no component '\(name)': its components have no names, use x[1] to x[\(vector.count)]"
    }
    let hint = nearestName(to: name, in: vector.names).map { ": did you mean '\($0)'?" }
    return
      "the state has no component '\(name)'\(hint ?? ": its components are " + vector.names.joined(separator: ", "))"
  }

  private func makeParametersType() -> AnyObjectType {
    let type = ObjectType(
      "parameters", TracedParameters.self, "The parameters of a model by name: p.mu. They are read-only.")
    type.indexed { [self] parameters, key, _ in
      guard case .string(let name) = key else {
        throw refusal("a parameter is asked for by its name, such as p.\(parameters.names.first ?? "name")")
      }
      if let index = parameters.names.firstIndex(of: name) { return parameters.values[index] }
      if parameters.names.isEmpty {
        throw refusal("there is no parameter '\(name)': none is declared in params")
      }
      let hint = nearestName(to: name, in: parameters.names).map { ": did you mean '\($0)'?" }
      throw refusal(
        "there is no parameter '\(name)'\(hint ?? ": the parameters are " + parameters.names.joined(separator: ", "))"
      )
    }
    type.metamethod(.newindex, "p.name = v", "An error: parameters are read-only.") { [self] _ in
      throw refusal("parameters are read-only: keep a changed value in a local variable")
    }
    type.metamethod(.pairs, "pairs(p)", "Names and values, in order.") { arguments in
      let parameters = try arguments.object(1, TracedParameters.self)
      var next = 0
      let step = try arguments.lua.makeFunction("pairs") { _ in
        guard next < parameters.names.count else { return LuaValue.nil }
        defer { next += 1 }
        return LuaResults(parameters.names[next], parameters.values[next])
      }
      return LuaResults(step, LuaValue.nil, LuaValue.nil)
    }
    type.described { "parameters: " + $0.names.joined(separator: ", ") }
    return type
  }

  private func makeFunctionType() -> AnyObjectType {
    let type = ObjectType(
      "model function", TracedFunction.self, "A function of the model that a solver's step calls: f(x, t).")
    type.metamethod(.call, "f(x, t) → value", "Evaluates it at traced values.") { [self] arguments in
      let function = try arguments.object(1, TracedFunction.self)
      return try call(function.function, Array(try arguments.all().dropFirst()))
    }
    type.described { "<\($0.function.name)>" }
    return type
  }

  private func makeRandomType() -> AnyObjectType {
    let type = ObjectType(
      "random source", TracedRandom.self,
      "The random numbers of a path, which x0 = function(rng) … end is given: every call gives another, the same "
        + "ones for the same seed and path.")
    type.method(
      "normal", "normal([mean, sd]) → number", "A normal number, standard unless mean and sd are given.",
      parameters: [
        ParameterSpec("mean", "number", "default 0"),
        ParameterSpec("sd", "number", "standard deviation, default 1"),
      ],
      example: "wb.solve(gbm, {x0 = function(rng, p) return rng:normal(100, 5) end, steps = 16, paths = 100})"
    ) { [self] _, arguments in
      let z = try draw(.normal, "rng:normal")
      if arguments.isMissing(1), arguments.isMissing(2) { return value(z) }
      let mean = arguments.isMissing(1) ? .number(0) : try operand(try arguments[1], "rng:normal")
      let sd = arguments.isMissing(2) ? .number(1) : try operand(try arguments[2], "rng:normal")
      return value(try apply(.add, mean, try apply(.multiply, sd, z, "rng:normal"), "rng:normal"))
    }
    type.method(
      "uniform", "uniform([low, high]) → number", "A number between 0 and 1, or between low and high.",
      parameters: [
        ParameterSpec("low", "number", "default 0"), ParameterSpec("high", "number", "default 1"),
      ],
      example:
        "wb.solve(gbm, {x0 = function(rng, p) return rng:uniform(90, 110) end, steps = 16, paths = 100})"
    ) { [self] _, arguments in
      let u = try draw(.uniform, "rng:uniform")
      if arguments.isMissing(1), arguments.isMissing(2) { return value(u) }
      let low = try operand(try arguments[1], "rng:uniform")
      let high = try operand(try arguments[2], "rng:uniform")
      let width = try apply(.subtract, high, low, "rng:uniform")
      return value(try apply(.add, low, try apply(.multiply, width, u, "rng:uniform"), "rng:uniform"))
    }
    type.method(
      "exponential", "exponential([rate]) → number", "An exponential number.",
      parameters: [ParameterSpec("rate", "number", "one over the mean, default 1")],
      example:
        "wb.solve(gbm, {x0 = function(rng, p) return 100 + rng:exponential(0.2) end, steps = 16, paths = 100})"
    ) { [self] _, arguments in
      let u = try draw(.uniform, "rng:exponential")
      let e = try apply(.negate, try apply(.log, u, "rng:exponential"), "rng:exponential")
      if arguments.isMissing(1) { return value(e) }
      return value(try apply(.divide, e, try operand(try arguments[1], "rng:exponential"), "rng:exponential"))
    }
    return type
  }

  func draw(_ distribution: Distribution, _ name: String) throws -> Operand {
    guard let session else { throw LuaError("\(name) can be used only in the function that it was given to") }
    switch session.mode {
    case .exploring where session.isConcrete:
      guard let replay = session.replay else {
        throw refusal("\(name): there are no random numbers outside of a traced function")
      }
      return .number(replay.drawValue(distribution) ?? .nan)
    case .exploring: return .node(session.draw(distribution))
    case .replaying: return .number(session.drawValue(distribution) ?? .nan)
    }
  }

  // MARK: operators

  static let arithmetic: [(Metamethod, BinaryFunction, String)] = [
    (.add, .add, "+"), (.sub, .subtract, "-"), (.mul, .multiply, "*"), (.div, .divide, "/"),
    (.mod, .modulo, "%"), (.idiv, .floorDivide, "//"), (.pow, .power, "^"),
  ]

  private func addArithmetic<T>(to type: ObjectType<T>) {
    for (metamethod, function, symbol) in Tracer.arithmetic {
      let context = "`\(symbol)`"
      type.metamethod(metamethod, "a \(symbol) b", "Recorded, component by component.") { [self] arguments in
        if arguments.objectIfPresent(2, TracedMatrix.self) != nil {
          return try matrixArithmetic(function, try arguments.all(), context)
        }
        let a = try fastOperand(arguments, 1, context)
        let b = try fastOperand(arguments, 2, context)
        return value(try apply(function, a, b, context))
      }
    }
    type.metamethod(.unm, "-a", "Recorded.") { [self] arguments in
      value(try apply(.negate, try fastOperand(arguments, 1, "`-`"), "`-`"))
    }
  }

  private func fastOperand(_ arguments: Arguments, _ i: Int, _ context: String) throws -> Operand {
    if let traced = arguments.objectIfPresent(i, TracedValue.self) { return .node(try node(of: traced)) }
    return try operand(try arguments[i], context)
  }

  private func addComparisons<T>(to type: ObjectType<T>) {
    type.metamethod(.lt, "a < b", "Both ways are followed and joined.") { [self] arguments in
      try compare(.less, try arguments[1], try arguments[2])
    }
    type.metamethod(.le, "a <= b", "Both ways are followed and joined.") { [self] arguments in
      try compare(.lessOrEqual, try arguments[1], try arguments[2])
    }
    type.metamethod(.eq, "a == b", "Both ways are followed and joined, if a and b are both traced values.") {
      [self] arguments in
      try compare(.equal, try arguments[1], try arguments[2])
    }
  }

  private static let refused: [(Metamethod, String, String)] = [
    (.band, "&", "bit operators need integers"), (.bor, "|", "bit operators need integers"),
    (.bxor, "~", "bit operators need integers"), (.bnot, "~", "bit operators need integers"),
    (.shl, "<<", "bit operators need integers"), (.shr, ">>", "bit operators need integers"),
    (.concat, "..", "a traced value has no digits to join into a string"),
  ]

  private func addRefusals<T>(to type: ObjectType<T>) {
    for (metamethod, symbol, reason) in Tracer.refused {
      type.metamethod(metamethod, "a \(symbol) b", "An error.") { [self] _ in
        throw refusal("`\(symbol)` cannot be applied to a traced value: \(reason)")
      }
    }
    type.metamethod(.call, "a()", "An error.") { [self] _ in
      throw refusal("a traced value is a number and cannot be called")
    }
  }

  // MARK: comparisons

  /// Decides a comparison between Lua values of which at least one is traced.
  func compare(_ comparison: Comparison, _ a: LuaValue, _ b: LuaValue) throws -> Bool {
    let symbol = [Comparison.less: "<", .lessOrEqual: "<=", .equal: "=="][comparison] ?? ""
    if case .boolean = a { throw refusal(chained(symbol)) }
    if case .boolean = b { throw refusal(chained(symbol)) }
    let context = "`\(symbol)`"
    let x = try comparand(a, comparison, isRight: false, context)
    let y = try comparand(b, comparison, isRight: true, context)
    if x.isVector || y.isVector {
      throw refusal("\(context): a vector cannot be compared as a whole: compare its components")
    }
    if case .number(let x) = x, case .number(let y) = y {
      switch comparison {
      case .less: return x < y
      case .lessOrEqual: return x <= y
      case .equal: return x == y
      }
    }
    guard let session else { throw staleValue() }
    let condition = session.builder.compare(
      comparison, node(x, session.builder), node(y, session.builder))
    try checkBuilder(session, context)
    return try decide(condition)
  }

  func decide(_ condition: NodeID) throws -> Bool {
    guard let session else { throw staleValue() }
    switch session.decide(condition, at: lua.currentPosition) {
    case .success(let value): return value
    case .failure(let refused): throw refusal(refused.message)
    }
  }

  private func chained(_ symbol: String) -> String {
    "`\(symbol)`: a number is compared with the result of another comparison: write `a < x and x < b` instead "
      + "of `a < x < b`"
  }

  /// Lua compares integers with floats exactly; an integer that no float equals is replaced by the
  /// neighbour that gives the same answers.
  private func comparand(
    _ value: LuaValue, _ comparison: Comparison, isRight: Bool, _ context: String
  ) throws -> Operand {
    guard case .integer(let integer) = value, Int(exactly: Double(integer)) != integer else {
      return try operand(value, context)
    }
    let nearest = Double(integer)
    let isAbove = Int(exactly: nearest).map { $0 > integer } ?? (nearest > 0)
    switch comparison {
    case .equal: return .number(.nan)
    case .less:
      return .number(isRight ? (isAbove ? nearest : nearest.nextUp) : (isAbove ? nearest.nextDown : nearest))
    case .lessOrEqual:
      return .number(isRight ? (isAbove ? nearest.nextDown : nearest) : (isAbove ? nearest : nearest.nextUp))
    }
  }

  /// The formula of a node, shortened.
  func formula(_ node: NodeID, _ builder: ProgramBuilder) -> String {
    let operations = liveOperations([node], builder)
    if operations > 100 { return "value of \(operations) operations" }
    let text = (try? builder.finish([("y", node)]))?.formulas().outputs["y"]?.first ?? "?"
    return text.count <= 60 ? text : text.prefix(57) + "…"
  }
}
