import Kernels
import Program

/// The arguments of the plain function, changed from point to point.
struct PlainArguments {
  let values: [any LuaConvertible]
  private let arguments: [TracedArgument]
  private let numbers: [PlainNumber?]
  private let builder: ProgramBuilder

  init(_ arguments: [TracedArgument], _ builder: ProgramBuilder) {
    self.arguments = arguments
    self.builder = builder
    var values: [any LuaConvertible] = []
    var numbers: [PlainNumber?] = []
    for argument in arguments {
      switch argument.kind {
      case .plain:
        values.append(argument.value)
        numbers.append(nil)
      case .node(let node, _, let names):
        let number = PlainNumber(rows: builder[node].rows, names: names)
        values.append(number)
        numbers.append(number)
      case .parameters(let parameters, let objects):
        values.append(
          TracedParameters(
            names: parameters.map(\.name) + objects.map(\.name),
            values: parameters.map {
              PlainNumber(rows: builder[$0.node].rows, names: [], columns: $0.columns)
            } + objects.map(\.value)))
        numbers.append(nil)
      }
    }
    self.values = values
    self.numbers = numbers
  }

  func set(from evaluator: NodeEvaluator) {
    for (i, argument) in arguments.enumerated() {
      switch argument.kind {
      case .plain: continue
      case .node(let node, _, _): numbers[i]?.set(node, evaluator)
      case .parameters(let parameters, _):
        guard let proxy = values[i] as? TracedParameters else { continue }
        for (parameter, value) in zip(parameters, proxy.values) {
          (value as? PlainNumber)?.set(parameter.node, evaluator)
        }
      }
    }
  }
}

/// A number, or a vector of numbers, that changes from call to call.
private final class PlainNumber: LuaConvertible {
  private var number = 0.0
  private let vector: TracedVector?
  private let matrix: TracedMatrix?

  init(rows: Int, names: [String], columns: Int? = nil) {
    let isNumber = rows == 1 && columns == nil
    let vector =
      isNumber ? nil : TracedVector(.numbers([Double](repeating: 0, count: rows)), names: names)
    self.vector = vector
    matrix = columns.flatMap { columns in
      vector.map { TracedMatrix($0, rows: rows / columns, columns: columns) }
    }
  }

  func set(_ node: NodeID, _ evaluator: NodeEvaluator) {
    if let vector {
      vector.storage = .numbers((0..<vector.count).map { evaluator.value(node, row: $0) })
    } else {
      number = evaluator.value(node)
    }
  }

  func push(onto lua: LuaState) throws {
    if let matrix {
      try matrix.push(onto: lua)
    } else if let vector {
      try vector.push(onto: lua)
    } else {
      try number.push(onto: lua)
    }
  }
}
