import Arrays

/// The array's face in scripts.
func arrayType(_ context: RunContext, _ hooks: ArrayHooks) -> ObjectType<ArrayObject> {
  let type = ObjectType(
    "array", ArrayObject.self,
    "Numbers in rows and columns, or with any number of axes. Indices and axes count from 1. The elements never"
      + " change: every operation makes a new array. Where an array is expected, a table of numbers will do.")
  type.defineShape()
  type.defineSlicing()
  type.defineReductions()
  type.defineMap(hooks)
  type.defineOperators(hooks)
  type.defineSaving(context)
  type.described { $0.array.summary() }
  return type
}

extension ObjectType where Object == ArrayObject {
  func defineShape() {
    property("shape", "table", "The extent of each axis: `{2, 3}` for two rows of three.") {
      PrintedList($0.array.shape)
    }
    property("size", "integer", "The number of elements.") { $0.array.count }
    property("columns", "table | nil", "The names of the columns, if they have any.") {
      $0.array.columnNames.map(PrintedList.init)
    }
    indexed { box, key, lua in
      if let name = key.string {
        guard box.array.columnNames?.contains(name) == true else {
          guard let names = box.array.columnNames else { return nil }
          let hint = nearestName(to: name, in: names).map { ": did you mean '\($0)'?" }
          throw LuaError(
            "an array has no field '\(name)', nor this one a column of that name"
              + (hint ?? "; its columns are " + names.joined(separator: ", ")))
        }
        return try box.array.column(name)
      }
      guard let number = key.double else {
        throw LuaError(
          "an array is indexed by an integer, not by \((try? lua.typeDescription(of: key)) ?? "that")")
      }
      guard let index = key.int else {
        throw LuaError("an array is indexed by an integer, not by \(LuaBridge.describe(number))")
      }
      let extent = box.array.shape.first ?? 0
      if index >= 1, index <= extent {
        // Without a copy for the frequent one-dimensional array.
        return box.array.rank == 1 ? box.array.values[index - 1] : try box.array.row(index - 1)
      }
      // `ipairs` stops at the first nil.
      if index == extent + 1 { return LuaValue.nil }
      throw LuaError(
        "index \(index) is out of range: the array has \(extent) \(box.array.rank == 1 ? "elements" : "rows")"
          + (index < 1 ? "; indices count from 1, and a[#a] is the last" : ""))
    }
    arrayMethod(
      "reshape", "reshape(…) → array",
      "The same elements in the same order under another shape. One extent may be -1: it is what is left over.",
      parameters: [ParameterSpec("…", "integers | table", "the extents")],
      example: "wb.range(1, 6):reshape(2, 3)"
    ) { box, arguments in
      try box.array.reshaped(try arguments.extents(from: 1, least: -1))
    }
    arrayMethod(
      "transpose", "transpose() → array", "The array with its axes reversed: rows become columns.",
      example: "wb.array{{1, 2}, {3, 4}}:transpose()"
    ) { box, _ in try box.array.transposed() }
    arrayMethod(
      "named", "named([names]) → array", "The same array with names for its columns.",
      parameters: [ParameterSpec("names", "table of strings | nil", "one for each column; nil: none")],
      example: "wb.array{{1, 2}, {3, 4}}:named{\"t\", \"x\"}.x"
    ) { box, arguments in
      ArrayObject(
        try box.array.named(try arguments.optional(1, Reading<[String]>.strings)),
        dateColumns: box.dateColumns)
    }
    arrayMethod(
      "totable", "totable() → table", "The elements as nested tables.",
      example: "wb.linspace(0, 1, 3):totable()"
    ) { box, _ in
      NestedTable(box.array)
    }
  }

  func defineSlicing() {
    arrayMethod(
      "at", "at(i, j, …) → number", "One element.",
      parameters: [ParameterSpec("i, j, …", "integers", "one index for each axis")],
      example: "wb.array{{1, 2}, {3, 4}}:at(2, 1)"
    ) { box, arguments in
      guard arguments.count == box.array.rank else {
        throw ArrayError.indexCount(got: arguments.count, shape: box.array.shape)
      }
      let indices = try (1...box.array.rank).map { axis in
        try arguments.index(axis, extent: box.array.shape[axis - 1], axis: axis)
      }
      return try box.array.element(at: indices)
    }
    arrayMethod(
      "rows", "rows(first, [last]) → array", "The rows from `first` to `last`, both included.",
      parameters: [
        ParameterSpec("first", "integer", "the first row"),
        ParameterSpec("last", "integer", "the last row; without it the array's last"),
      ], example: "wb.range(1, 10):rows(2, 4)"
    ) { box, arguments in
      let extent = box.array.shape.first ?? 0
      let first = try arguments.get(1, .integer(in: 1...))
      let last = try arguments.get(2, .integer(in: 0...), default: extent)
      guard first <= extent + 1, last <= extent, first <= last + 1 else {
        throw LuaError(
          "array:rows: rows \(first) to \(last) are not within the array, which has \(extent) rows"
            + (first > last ? "; the first must not come after the last" : ""))
      }
      return ArrayObject(try box.array.rows((first - 1)..<last), dateColumns: box.dateColumns)
    }
    arrayMethod(
      "column", "column(which) → array",
      "One column: the elements at one index of the last axis, or under one name. `a.name` is the same for a name"
        + " that is no method.",
      parameters: [ParameterSpec("which", "integer | string", "its number, or its name")],
      example: "wb.array{{1, 2}, {3, 4}}:column(2)"
    ) { box, arguments in
      if arguments.kind(1) == .string { return try box.array.column(try arguments.string(1)) }
      guard let columns = box.array.shape.last else { return box.array }
      guard try arguments[1].double != nil else { throw arguments.mismatch(1, "a column's number or name") }
      return try box.array.column(try arguments.index(1, extent: columns, axis: box.array.rank))
    }
    arrayMethod(
      "sort", "sort() → array", "Sorted ascending along the last axis, nan last.",
      example: "wb.array{3, 1, 2}:sort()"
    ) { box, _ in try box.array.sorted().named(box.array.rank == 1 ? box.array.columnNames : nil) }
    arrayMethod(
      "argsort", "argsort() → array",
      "The positions along the last axis that would sort it, from 1; equal elements keep their order.",
      example: "wb.array{30, 10, 20}:argsort()"
    ) { box, _ in try box.array.argsorted().map { $0 + 1 } }
  }

  /// `array:map(f)`.
  func defineMap(_ hooks: ArrayHooks) {
    arrayMethod(
      "map", "map(f) → array",
      "`f` of every element, compiled like a drift: a function of one number that gives one.",
      parameters: [ParameterSpec("f", "function", "for example `function(x) return x^2 + 1 end`")],
      example: "wb.linspace(0, 1, 5):map(function(x) return x * (1 - x) end)"
    ) { box, arguments in
      let function = try arguments.function(1)
      if let map = hooks.map { return try map(function, box.array, arguments.lua) }
      var result = [0.0]
      return try box.array.map { x in
        guard try function.call(numbers: [x], results: &result) else {
          throw arguments.error("the function must give a number; for \(LuaBridge.describe(x)) it did not")
        }
        return result[0]
      }
    }
  }
}

extension Arguments {
  /// A 0-based index within an axis; the script's counts from 1.
  func index(_ i: Int, extent: Int, axis: Int) throws -> Int {
    let index = try get(i, .integer)
    guard index >= 1, index <= extent else {
      throw error(
        "index \(index) is out of range: axis \(axis) has \(extent) element\(extent == 1 ? "" : "s")"
          + (index < 1 ? "; indices count from 1" : ""))
    }
    return index - 1
  }

  /// A 0-based axis, or `nil`; the script's counts from 1.
  func axis(_ i: Int) throws -> Int? { try optional(i, .integer(in: 1...)).map { $0 - 1 } }

  /// Extents given one by one, or as one table.
  func extents(from first: Int, least: Int = 0) throws -> [Int] {
    let reading = Reading<Int>.integer(in: least...)
    if kind(first) == .table, count == first {
      let list = try get(first, .integers)
      guard list.allSatisfy({ $0 >= least }) else { throw mismatch(first, "extents of at least \(least)") }
      return list
    }
    guard count >= first else { throw mismatch(first, "the extents of the axes") }
    return try (first...count).map { try get($0, reading) }
  }
}

/// An array as nested tables.
struct NestedTable: LuaConvertible {
  let array: NDArray

  init(_ array: NDArray) { self.array = array }

  func push(onto lua: LuaState) throws { try NestedTable.list(array.nested()).push(onto: lua) }

  private static func list(_ nested: NestedNumbers) -> any LuaConvertible {
    switch nested {
    case .number(let value): return value
    case .list(let items):
      let numbers = items.compactMap { item -> Double? in
        if case .number(let value) = item { value } else { nil }
      }
      return numbers.count == items.count ? numbers as any LuaConvertible : LuaList(items.map(list))
    }
  }
}
