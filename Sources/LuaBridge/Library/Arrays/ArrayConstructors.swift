import Arrays

extension Module {
  /// `wb.array`, `zeros`, `ones`, `full`, `eye`, `linspace`, `range`.
  func defineArrayConstructors() {
    arrayFunction(
      "array", "array(values) → array", "Makes an array of nested tables; rows must have equal lengths.",
      parameters: [
        ParameterSpec("values", "table", "numbers, or rows, or tables of rows; rows may be arrays")
      ],
      example: "wb.array{{1, 2}, {3, 4}}"
    ) { try $0.array(1) }

    let extents = ParameterSpec("…", "integers | table", "the extent of each axis")
    arrayFunction(
      "zeros", "zeros(…) → array", "An array of zeros.", parameters: [extents], example: "wb.zeros(2, 3)"
    ) { try NDArray.zeros(try $0.extents(from: 1)) }
    arrayFunction(
      "ones", "ones(…) → array", "An array of ones.", parameters: [extents], example: "wb.ones(2, 3)"
    ) { try NDArray.ones(try $0.extents(from: 1)) }
    arrayFunction(
      "full", "full(value, …) → array", "An array of one value.",
      parameters: [ParameterSpec("value", "number", "the value"), extents], example: "wb.full(0.5, 3)"
    ) { try NDArray.full(try $0.number(1), shape: try $0.extents(from: 2)) }
    arrayFunction(
      "eye", "eye(n, [m]) → array", "Ones on the main diagonal, zeros elsewhere.",
      parameters: [
        ParameterSpec("n", "integer", "rows"),
        ParameterSpec("m", "integer", "columns; without it as many as rows"),
      ], example: "wb.eye(3)"
    ) { try NDArray.eye(try $0.get(1, .integer(in: 0...)), columns: try $0.optional(2, .integer(in: 0...))) }
    arrayFunction(
      "linspace", "linspace(start, stop, n) → array",
      "n equally spaced numbers from `start` to `stop`, both included.",
      parameters: [
        ParameterSpec("start", "number", "the first"), ParameterSpec("stop", "number", "the last"),
        ParameterSpec("n", "integer", "how many"),
      ], example: "wb.linspace(0, 1, 11)"
    ) {
      try NDArray.linspace(
        try $0.get(1, .finite), try $0.get(2, .finite), count: try $0.get(3, .integer(in: 0...)))
    }
    arrayFunction(
      "range", "range(first, last, [step]) → array",
      "The numbers `first`, `first + step`, … up to `last`, as `for i = first, last, step` counts.",
      parameters: [
        ParameterSpec("first", "number", "where it starts"),
        ParameterSpec("last", "number", "included if the steps reach it"),
        ParameterSpec("step", "number", "1 by default; negative counts down"),
      ], example: "wb.range(1, 10, 3)"
    ) { arguments in
      let (first, last) = (try arguments.get(1, .finite), try arguments.get(2, .finite))
      let step = try arguments.get(3, .finite, default: 1)
      guard step != 0 else { throw arguments.error("the step must not be 0") }
      let steps = (last / step - first / step).rounded(.down)
      // The quotient may round down past a whole number of steps, as in range(0, 0.3, 0.1).
      let reached = first + (steps + 1) * step
      let tolerance = 1e-10 * abs(step)
      let count = steps + 1 + ((step > 0 ? reached <= last + tolerance : reached >= last - tolerance) ? 1 : 0)
      guard let count = Int(exactly: count), count < 1 << 48 else {
        throw arguments.error(
          "from \(describe(first)) to \(describe(last)) there are too many steps of \(describe(step))")
      }
      return try NDArray(shape: [max(0, count)]) { out in
        for i in 0..<out.count { out[i] = first + Double(i) * step }
      }
    }
  }

  /// `wb.concat`, `sort`, `matmul`.
  func defineArrayCombinations(_ hooks: ArrayHooks) {
    arrayFunction(
      "concat", "concat(arrays, [axis]) → array", "The arrays one after another along an axis.",
      parameters: [
        ParameterSpec("arrays", "table of arrays", "all extents but the axis's must be equal"),
        ParameterSpec("axis", "integer", "1 by default: rows after rows"),
      ], example: "wb.concat{wb.zeros(2), wb.ones(3)}"
    ) { arguments in
      let table = try arguments.table(1)
      let axis = try arguments.axis(2) ?? 0
      let parts = try table.array().enumerated().map { i, value in
        let part = try ArrayOperations.operand(value, "\(arguments.name): element \(i + 1)")
        return part.rank == 0 ? try part.reshaped([1]) : part
      }
      do {
        return try NDArray.concatenate(parts, axis: axis)
      } catch ArrayError.shapeMismatch(let operation, let a, let b, _) {
        throw ArrayError.shapeMismatch(
          operation: operation, a, b, rule: "all extents but that of axis \(axis + 1) must be equal")
      }
    }
    arrayFunction(
      "sort", "sort(a) → array", "Sorted ascending along the last axis, nan last.",
      parameters: [ParameterSpec("a", "array", "what to sort")], example: "wb.sort{3, 1, 2}"
    ) { try $0.array(1).sorted() }
    arrayFunction(
      "matmul", "matmul(a, b) → array | number",
      "The matrix product. A one-dimensional first operand is a row, a second one a column; two of them give their dot"
        + " product.",
      parameters: [ParameterSpec("a", "array", "n × k"), ParameterSpec("b", "array", "k × m")],
      example: "wb.matmul({{1, 2}, {3, 4}}, {1, 1})"
    ) { arguments in
      if let result = try hooks.product?(try arguments[1], try arguments[2]) { return result }
      return try NDArray.matmul(try arguments.array(1), try arguments.array(2))
    }
  }
}
