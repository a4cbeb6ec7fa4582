import Kernels

/// An optimizer as scripts hold it: `wb.optim.adam{lr = 1e-3}`.
package final class OptimizerObject: LuaObject, CustomStringConvertible {
  package enum Rule {
    case steps(any Optimizer)
    /// A search that runs as a whole.
    case search(LBFGS)
  }

  package let rule: Rule
  private let given: [String: Double]
  private let options: [TrainingOption]

  init(_ rule: Rule, _ given: [String: Double], _ options: [TrainingOption]) {
    self.rule = rule
    self.given = given
    self.options = options
  }

  var name: String {
    switch rule {
    case .steps(let optimizer): optimizer.name
    case .search: LBFGS.name
    }
  }

  /// Nil for a search, which has none.
  var rate: Double? {
    switch rule {
    case .steps(let optimizer): optimizer.rate
    case .search: nil
    }
  }

  package var description: String { written(name, given, options) }
}

/// A schedule before the number of steps is known: `wb.optim.cosine{final = 0.1}`.
package final class ScheduleObject: LuaObject, CustomStringConvertible {
  let specification: ScheduleSpecification
  let given: [String: Double]

  init(_ specification: ScheduleSpecification, _ given: [String: Double]) {
    self.specification = specification
    self.given = given
  }

  package var description: String { written(specification.name, given, specification.options) }
}

/// `wb.optim`: optimizers and schedules, from their registries.
enum OptimModule {
  static func library() -> Library {
    var library = Library()
    let module = Module(
      "wb.optim", "Optimizers, and schedules of the learning rate, for wb.train. The defaults are PyTorch's.")
    for kind in optimizers {
      optimizer(module, kind.name, kind.options, "\(kind.title): \(kind.doc) (\(kind.source))") { given in
        .steps(try kind.make(given))
      }
    }
    optimizer(
      module, LBFGS.name, LBFGS.options, "\(LBFGS.title): \(LBFGS.doc) (\(LBFGS.source))",
      example: "gtol = 1e-9"
    ) { .search(try LBFGS($0)) }
    for kind in schedules {
      module.function(
        kind.name, "\(kind.name){\(names(kind.options))} → schedule",
        "\(kind.title): \(kind.doc) (\(kind.source))",
        options: kind.options.map(specification), returns: "a schedule, for wb.train's option schedule",
        example: "print(wb.optim.constant{})"
      ) { call in
        ScheduleObject(kind, try read(kind.options, try call.options(1)))
      }
    }
    library.add(module)
    let optimizer = ObjectType("optimizer", OptimizerObject.self, "An optimizer, made by wb.optim.")
    optimizer.described(\.description)
    optimizer.property("name", "string", "Its name in wb.optim.") { $0.name }
    optimizer.property("lr", "number", "Its learning rate; nil for lbfgs.") { $0.rate }
    library.add(optimizer)
    let schedule = ObjectType(
      "schedule", ScheduleObject.self, "A schedule of the learning rate, made by wb.optim.")
    schedule.described(\.description)
    schedule.property("name", "string", "Its name in wb.optim.") { $0.specification.name }
    library.add(schedule)
    return library
  }

  private static func optimizer(
    _ module: Module, _ name: String, _ options: [TrainingOption], _ doc: String,
    example: String = "lr = 0.01", make: @escaping ([String: Double]) throws -> OptimizerObject.Rule
  ) {
    module.function(
      name, "\(name){\(names(options))} → optimizer", doc, options: options.map(specification),
      returns: "an optimizer", example: "print(wb.optim.\(name){\(example)})"
    ) { call in
      let given = try read(options, try call.options(1))
      do {
        return OptimizerObject(try make(given), given, options)
      } catch let error as TrainingError {
        throw call.error(error.description)
      }
    }
  }

  private static func names(_ options: [TrainingOption]) -> String {
    options.map { "\($0.name)=" }.joined(separator: ", ")
  }

  private static func specification(_ option: TrainingOption) -> OptionSpec {
    guard let standard = option.standard else { return .required(option.name, option.type, option.doc) }
    return .optional(option.name, option.type, default: option.text(standard), option.doc)
  }

  private static func read(_ options: [TrainingOption], _ given: Options) throws -> [String: Double] {
    var values: [String: Double] = [:]
    for option in options where given.has(option.name) {
      if case .flag = option.allowed {
        values[option.name] = try given.get(option.name, .boolean) ? 1 : 0
      } else {
        values[option.name] = try given.get(option.name, .number)
      }
    }
    return values
  }
}

extension TrainingOption {
  /// As the reference names it.
  fileprivate var type: String {
    switch allowed {
    case .flag: "boolean"
    case .count, .natural: "integer"
    case .positive, .nonNegative, .decay, .fraction: "number"
    }
  }

  /// A value as a script writes it.
  fileprivate func text(_ value: Double) -> String {
    if case .flag = allowed { value == 1 ? "true" : "false" } else { shortNumber(value) }
  }
}

/// Settings as a script writes them, in alphabetical order.
private func written(_ name: String, _ given: [String: Double], _ options: [TrainingOption]) -> String {
  let settings = options.sorted { $0.name < $1.name }.compactMap { option in
    given[option.name].map { "\(option.name) = \(option.text($0))" }
  }
  return "\(name){\(settings.joined(separator: ", "))}"
}
