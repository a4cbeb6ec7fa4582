import Lanes
import Program

extension Recurrence {
  /// Checks that the parts of this recurrence fit together, before memory is handed out by their shapes.
  ///
  /// - Throws: ``ProgramError`` that names what does not fit.
  func validate(paths: Int) throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      if !condition { throw ProgramError(message()) }
    }
    try require(dimension >= 1, "a state needs at least one component, but has \(dimension)")
    try require(
      (0...1 << 48).contains(paths), "the number of paths must be between 0 and 2^48, but is \(paths)")
    let rows = dimension + hidden
    try requireRows(of: step, lanes: ["x": rows, "dW": grid.dimension], "step")
    try require(step.rows(of: "x") == rows, "the step needs an output 'x' with \(rows) components")
    switch initial {
    case .program(let program):
      try requireRows(of: program, lanes: [:], drawing: true, "initial state's")
      try require(
        program.rows(of: "x") == rows,
        "the initial state's Program needs an output 'x' with \(rows) components")
    case .table(let table):
      try require(
        table.count % rows == 0 && table.count / rows >= paths,
        "the initial states of \(paths) paths are \(rows) values each, but \(table.count) were given")
    }
    if let observables {
      try requireRows(of: observables, lanes: ["x": dimension], "observables'")
      for output in observables.outputs where observables[output.node].rows != 1 {
        throw ProgramError("the observable '\(output.name)' must be one number a path")
      }
    }
  }

  /// Lane inputs are rows of memory that somebody has to provide.
  func requireRows(
    of program: Program, lanes: [String: Int], drawing: Bool = false, _ name: String
  ) throws {
    for input in program.inputs where input.variation == .lane && lanes[input.name] != input.rows {
      throw ProgramError(
        lanes[input.name].map { "the \(name) input '\(input.name)' has \(input.rows) rows instead of \($0)" }
          ?? "the \(name) Program has an input '\(input.name)' a lane that nothing provides")
    }
    if !drawing, program.nodes.contains(where: { if case .draw = $0.kind { true } else { false } }) {
      throw ProgramError("only the initial state's Program may draw random numbers, not the \(name)")
    }
  }
}
