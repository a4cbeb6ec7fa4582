import Kernels

extension Library {
  /// `wb.grad` and the like.
  package mutating func addTransforms(tracer: Tracer, context: RunContext) {
    add(TransformModule.module(tracer: tracer, context: context))
  }
}

/// Derivatives of Lua functions, in traced functions and of plain numbers and arrays.
enum TransformModule {
  static func module(tracer: Tracer, context: RunContext) -> Module {
    let module = Module("wb", "")
    addDerivatives(to: module, tracer, context)
    addDivergence(to: module, tracer, context)
    addStop(to: module, tracer)
    RandomVectors.add(to: module, tracer)
    return module
  }

  private static let function = ParameterSpec(
    "f", "function(x)", "called with stand-ins for numbers; plain Lua control flow works")
  private static let point = ParameterSpec(
    "x", "number, vector or array", "where; an array with two axes has one point a row")

  private static func addDerivatives(to module: Module, _ tracer: Tracer, _ context: RunContext) {
    func add(
      _ kind: Derivative.Kind, _ key: String, _ signature: String, _ doc: String,
      parameters: [ParameterSpec] = [], returns: String, example: String
    ) {
      let derivative = Derivative(kind: kind, name: "wb.\(key)")
      module.function(
        key, signature, doc, parameters: [function, point] + parameters, returns: returns, example: example
      ) { call in try run(derivative, call, tracer, context) }
    }
    add(
      .jvp, "jvp", "jvp(f, x, v) → f(x), J·v",
      "The value of f and its derivative along v, in one pass forwards: J is the Jacobian of f at x.",
      parameters: [ParameterSpec("v", "number or vector", "the direction, with the components of x")],
      returns: "f(x) and J·v, which have the same shape",
      example: "print(wb.jvp(function(x) return {x[1] * x[2], x[1]} end, {2, 3}, {1, 0}))")
    add(
      .vjp, "vjp", "vjp(f, x, u) → f(x), uᵀ·J",
      "The value of f and the gradient of u·f, in one pass backwards, whatever the number of components of x.",
      parameters: [ParameterSpec("u", "number or vector", "the weights, with the components of f(x)")],
      returns: "f(x), and uᵀ·J with the shape of x",
      example: "print(wb.vjp(function(x) return {x[1] * x[2], x[1]} end, {2, 3}, {1, 10}))")
    add(
      .gradient, "grad", "grad(f, x) → ∇f(x)",
      "The gradient of a function with one number as its value, with the shape of x; for a number x the derivative.",
      returns: "the gradient, with the shape of x",
      example: "print(wb.grad(function(x) return x[1] ^ 2 * x[2] end, {3, 5}))")
    add(
      .jacobian, "jacobian", "jacobian(f, x) → J",
      "The matrix of the derivatives, J[i][j] = ∂fᵢ/∂xⱼ.",
      returns: "a matrix, in a traced function a list of rows",
      example: "print(wb.jacobian(function(x) return {x[1] * x[2], x[1]} end, {2, 3}))")
    add(
      .hessianVector, "hessian_vector", "hessian_vector(f, x, v) → H·v",
      "The product of the matrix of second derivatives of a function with one number as its value and a vector: the "
        + "derivative of the gradient along v. The matrix itself is never made.",
      parameters: [ParameterSpec("v", "number or vector", "with the components of x")],
      returns: "H·v, with the shape of x",
      example: "print(wb.hessian_vector(function(x) return x[1] ^ 2 * x[2] end, {3, 5}, {1, 0}))")
  }

  private static func addDivergence(to module: Module, _ tracer: Tracer, _ context: RunContext) {
    module.function(
      "divergence", "divergence(f, x, [{method=, distribution=, probes=, seed=}]) → Σ ∂fᵢ/∂xᵢ",
      "The divergence of a vector field, the trace of its Jacobian. Exactly, it costs a derivative for each "
        + "component; \"hutchinson\" costs one for each probe and is right on average: the mean of v·J·v over random v.",
      parameters: [function, point],
      options: [
        .optional("method", "\"exact\"|\"hutchinson\"", default: "\"exact\"", "how"),
        .optional(
          "distribution", "\"rademacher\"|\"gaussian\"|\"sphere\"", default: "\"rademacher\"",
          "of the probes; sphere: of radius √d"),
        .optional("probes", "integer", default: "1", "random vectors for each point"),
        .optional(
          "seed", "integer", default: "the run's",
          "of the probes for an array; traced functions have their own"),
      ],
      returns: "a number; for an array with one point a row, one for each row",
      example: "print(wb.divergence(function(x) return {x[1] ^ 2, x[1] * x[2]} end, {2, 3}))"
    ) { call in
      let options = try call.options(3)
      let method = try options.get("method", .oneOf(["exact", "hutchinson"]), default: "exact")
      let names = ProbeLaw.allCases.map(\.rawValue)
      let law = try options.get("distribution", .oneOf(names), default: ProbeLaw.rademacher.rawValue)
      let probes = try options.get("probes", .integer(in: 1...1000), default: 1)
      if method == "exact", ["probes", "distribution", "seed"].contains(where: options.has) {
        throw call.error("probes, distribution and seed belong to method = \"hutchinson\"")
      }
      let seed = try options.optional("seed", .seed)
      if seed != nil, tracer.isTracing { throw options.error("seed", that: RandomVectors.seedInTrace) }
      let kind = Derivative.Kind.divergence(
        probes: method == "exact" ? 0 : probes, ProbeLaw(rawValue: law) ?? .rademacher)
      return try run(Derivative(kind: kind, name: "wb.divergence"), call, tracer, context, seed: seed)
    }
  }

  private static func run(
    _ derivative: Derivative, _ call: Arguments, _ tracer: Tracer, _ context: RunContext, seed: UInt64? = nil
  ) throws -> any LuaConvertible {
    let name = derivative.name
    let function = try callable(call)
    if derivative.direction == nil, call.count < 2 {
      throw call.mismatch(2, "a number, a vector or an array")
    }
    let x = try call[2]
    if !tracer.isTracing, let points = try ArrayForm.read(x), points.rank == 2 {
      return try tracer.differentiate(
        derivative, of: function, over: points,
        along: derivative.direction == nil ? nil : try call.get(3, .array), contract: context.contract,
        seed: seed ?? context.seed, context.runOptions(call.lua))
    }
    let direction = try derivative.direction.map { try tracer.operand(try call[3], "\(name): \($0.name)") }
    return try tracer.differentiate(
      derivative, of: function, at: try tracer.operand(x, "\(name): x"), along: direction)
  }

  /// A function; what can be called like one, such as a net, is wrapped in one.
  private static func callable(_ call: Arguments) throws -> LuaFunction {
    let value = try call[1]
    switch value {
    case .function(let function):
      if try function.definition() != nil { return function }
    case .object(let object)
    where !(object is TracedValue || object is TracedVector || object is ArrayObject):
      break
    default: throw call.mismatch(1, "a function")
    }
    let wrap = try call.lua.glue("local f = ... return function(x) return f(x) end")
    guard let function = try wrap.call(value).first?.function else { throw call.mismatch(1, "a function") }
    return function
  }

  private static func addStop(to module: Module, _ tracer: Tracer) {
    module.function(
      "stop_gradient", "stop_gradient(x) → x",
      "x itself, taken as constant by every derivative.",
      parameters: [ParameterSpec("x", "number or vector", "")], returns: "x",
      example: "print(wb.grad(function(x) return x * wb.stop_gradient(x) end, 3))"
    ) { call in
      let value = try call[1]
      guard let session = tracer.session, session.mode == .exploring else { return value }
      switch try tracer.operand(value, "wb.stop_gradient") {
      case .node(let node): return tracer.value(.node(session.builder.stop(node)))
      case .vector(let node, let names):
        return tracer.value(.vector(session.builder.stop(node), names: names))
      case let plain: return tracer.value(plain)
      }
    }
  }
}
