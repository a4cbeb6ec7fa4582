import Arrays

// Reading "anything array-like" from a script: `options.get("x0", .array)`, `arguments.get(1, .vector)`.

extension Reading where Value == NDArray {
  /// An array, a number (which has no axes) or nested tables of numbers and arrays.
  package static var array: Reading {
    Reading("an array, a number or a table of numbers", hint: ArrayForm.problem) { try ArrayForm.read($0) }
  }

  /// An array of one axis; a number is one element, a single row or column counts as its elements.
  package static var vector: Reading {
    Reading("a one-dimensional array or a list of numbers", hint: { ArrayForm.problem($0, most: 1) }) {
      value in
      guard let array = try ArrayForm.read(value) else { return nil }
      if array.rank == 1 { return array }
      guard array.rank == 0 || (array.rank == 2 && array.shape.contains(1)) else { return nil }
      return try array.reshaped([array.count])
    }
  }

  /// An array of two axes; one of one axis is a single column.
  package static var matrix: Reading {
    Reading("a two-dimensional array or a table of rows", hint: { ArrayForm.problem($0, most: 2) }) { value in
      guard let array = try ArrayForm.read(value) else { return nil }
      if array.rank == 2 { return array }
      return array.rank < 2 ? try array.reshaped([array.count, 1]) : nil
    }
  }
}

extension Arguments {
  /// An array, a number or a table of numbers.
  package func array(_ i: Int) throws -> NDArray {
    if let box = objectIfPresent(i, ArrayObject.self) { return box.array }
    return try get(i, .array)
  }
}

/// Reading arrays where options and arguments do not reach: fields of a script's tables.
package enum ArrayReading {
  /// The elements of a number, a one-dimensional array or a table of numbers; `nil` for anything else.
  package static func numbers(_ value: LuaValue) throws -> [Double]? {
    try Reading<NDArray>.vector.read(value)?.values
  }

  /// The array, number (which has no axes) or nested tables of numbers; `nil` for anything else.
  package static func array(_ value: LuaValue) throws -> NDArray? { try ArrayForm.read(value) }
}

/// How tables become arrays.
enum ArrayForm {
  private struct Problem: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// More axes than anybody has: what is deeper contains itself.
  private static let mostAxes = 16

  /// The array, or `nil` if the value is none.
  static func read(_ value: LuaValue) throws -> NDArray? {
    do {
      return try parse(value)
    } catch is Problem {
      return nil
    }
  }

  /// What is wrong with a table, and where in it.
  static func problem(_ value: LuaValue) -> String? {
    do {
      _ = try parse(value)
      return nil
    } catch let problem as Problem {
      return problem.reason.isEmpty ? nil : problem.reason
    } catch {
      return nil
    }
  }

  /// The same for a reading that wants at most so many axes.
  static func problem(_ value: LuaValue, most: Int) -> String? {
    if let problem = problem(value) { return problem }
    guard let array = try? parse(value), array.rank > most else { return nil }
    return "it has shape \(shapeText(array.shape))"
  }

  private static func parse(_ value: LuaValue) throws -> NDArray {
    if let number = value.double { return NDArray(scalar: number) }
    if let array = value.array { return array }
    guard let table = value.table else { throw Problem("") }
    // A flat list, by far the most frequent, in one pass.
    if let numbers = try table.numbers(), !numbers.isEmpty { return NDArray(numbers) }
    let shape = try shape(of: value, path: [])
    var values: [Double] = []
    values.reserveCapacity(min(try NDArray.checkedAllocation(shape), 1 << 20))
    try append(value, shape[...], path: [], to: &values)
    return try NDArray(values, shape: shape)
  }

  /// The shape as the first elements tell it.
  private static func shape(of value: LuaValue, path: [Int]) throws -> [Int] {
    guard path.count <= mostAxes else {
      throw Problem("its tables are nested more than \(mostAxes) deep")
    }
    if value.double != nil { return [] }
    if let array = value.array { return array.shape }
    guard let table = value.table else {
      throw Problem("element \(place(path)) is \(name(value)), not a number")
    }
    let count = try table.count
    if count == 0 {
      if let key = try table.entries().first?.key {
        let what = path.isEmpty ? "it" : "element \(place(path))"
        throw Problem(
          "\(what) has the field \(key.string.map { "'\($0)'" } ?? name(key)) and no elements 1, 2, …")
      }
      return [0]
    }
    return [count] + (try shape(of: try table.get(1), path: path + [1]))
  }

  private static func append(
    _ value: LuaValue, _ shape: ArraySlice<Int>, path: [Int], to values: inout [Double]
  ) throws {
    if let number = value.double, shape.isEmpty {
      values.append(number)
      return
    }
    if let array = value.array {
      guard array.shape == Array(shape) else {
        throw Problem(
          "element \(place(path)) has shape \(shapeText(array.shape)), but the first one has \(shapeText(Array(shape)))"
        )
      }
      values += array.values
      return
    }
    guard let table = value.table, let extent = shape.first else {
      let wanted = shape.isEmpty ? "a number, as the first one is" : "a list of \(shape[shape.startIndex])"
      throw Problem("element \(place(path)) is \(name(value)); expected \(wanted)")
    }
    try table.reference.state().checkCancelled()
    let count = try table.count
    guard count == extent else {
      throw Problem("row \(place(path)) has \(count) elements, but the first row has \(extent)")
    }
    if shape.count == 1, let numbers = try table.numbers() {
      values += numbers
      return
    }
    if count == 0 { return }
    for i in 1...count { try append(try table.get(i), shape.dropFirst(), path: path + [i], to: &values) }
  }

  private static func place(_ path: [Int]) -> String { path.map { "[\($0)]" }.joined() }

  private static func name(_ value: LuaValue) -> String {
    switch value {
    case .nil: "nil"
    case .boolean(let value): "\(value)"
    case .integer(let value): "the number \(value)"
    case .number(let value): "the number \(describe(value))"
    case .string(let value): value.count <= 40 ? "the string \"\(value)\"" : "a string"
    case .table(let table): (try? table.count).map { "a table of \($0)" } ?? "a table"
    case .function: "a function"
    case .object, .other: value.array.map { "an array of shape \(shapeText($0.shape))" } ?? "an object"
    }
  }
}
