import Testing

import LuaBridge

@Suite struct ArrayConstruction {
  @Test(arguments: [
    ("wb.array{1, 2, 3}", [3], [1, 2, 3]),
    ("wb.array{{1, 2}, {3, 4}}", [2, 2], [1, 2, 3, 4]),
    ("wb.array{{{1}, {2}}, {{3}, {4}}}", [2, 2, 1], [1, 2, 3, 4]),
    ("wb.array{wb.array{1, 2}, {3, 4}, wb.zeros(2)}", [3, 2], [1, 2, 3, 4, 0, 0]),
    ("wb.array{}", [0], []),
    ("wb.array{{}, {}}", [2, 0], []),
    ("wb.zeros(2, 3)", [2, 3], [0, 0, 0, 0, 0, 0]),
    ("wb.zeros{2, 1}", [2, 1], [0, 0]),
    ("wb.ones(2)", [2], [1, 1]),
    ("wb.full(0.5, 1, 2)", [1, 2], [0.5, 0.5]),
    ("wb.full(7, {2})", [2], [7, 7]),
    ("wb.eye(2)", [2, 2], [1, 0, 0, 1]),
    ("wb.eye(1, 2)", [1, 2], [1, 0]),
    ("wb.linspace(0, 1, 3)", [3], [0, 0.5, 1]),
    ("wb.linspace(0, 1, 0)", [0], []),
    ("wb.range(1, 4)", [4], [1, 2, 3, 4]),
    ("wb.range(3, 1, -1)", [3], [3, 2, 1]),
    ("wb.range(1, 0)", [0], []),
    ("wb.range(1, 2.5)", [2], [1, 2]),
  ]) func construct(_ source: String, _ shape: [Int], _ values: [Double]) throws {
    let state = try ArrayState()
    #expect(try state.shape(source) == shape)
    #expect(try state.numbers(source) == values)
  }

  /// 0.1 · 3 is a little more than 0.3: the last number must not be lost to rounding.
  @Test func rangeReachesItsEnd() throws {
    let state = try ArrayState()
    for steps in 1...200 {
      #expect(try state.shape("wb.range(0, \(steps) / 10, 0.1)") == [steps + 1])
      #expect(try state.shape("wb.range(0, -\(steps) / 7, -1 / 7)") == [steps + 1])
      #expect(try state.shape("wb.range(0, \(steps) / 10 - 0.05, 0.1)") == [steps])
    }
  }

  @Test func numbersStayNumbers() throws {
    let state = try ArrayState()
    #expect(try state.run("return wb.array(3)")[0].double == 3)
    #expect(try state.run("return wb.matmul({1, 2}, {3, 4})")[0].double == 11)
    #expect(try state.run("return wb.array{1, 2}:sum(1)")[0].double == 3)
  }

  @Test(arguments: [
    ("wb.array{{1, 2}, {3}}", "row [2] has 1 elements, but the first row has 2"),
    ("wb.array{{{1}, {2}}, {{3}, {4, 5}}}", "row [2][2] has 2 elements, but the first row has 1"),
    ("wb.array{{1, 2}, {3, 'x'}}", "element [2][2] is the string \"x\"; expected a number"),
    ("wb.array{1, true}", "element [2] is true; expected a number"),
    ("wb.array{{1, 2}, 3}", "element [2] is the number 3; expected a list of 2"),
    ("wb.array{1, {2}}", "element [2] is a table of 1; expected a number"),
    ("wb.array{1, print}", "element [2] is a function"),
    ("wb.array{'x'}", "element [1] is the string \"x\", not a number"),
    ("wb.array{x = 1}", "it has the field 'x' and no elements 1, 2, …"),
    ("wb.array{{1, 2}, wb.zeros(3)}", "element [2] has shape (3,), but the first one has (2,)"),
    ("wb.array()", "expected an array, a number or a table of numbers as argument 1, got nothing"),
    ("wb.array('1')", "as argument 1, got string \"1\""),
    ("local t = {} t[1] = t wb.array(t)", "its tables are nested more than 16 deep"),
    ("local t = {1} for i = 1, 15 do t = {t, t, t, t, t, t, t, t, t, t, t} end wb.array(t)", "more than"),
    ("wb.zeros()", "expected the extents of the axes as argument 1, got nothing"),
    ("wb.zeros(-1)", "expected an integer of at least 0 as argument 1, got integer -1"),
    ("wb.zeros(1.5)", "expected an integer of at least 0 as argument 1, got number 1.5"),
    ("wb.zeros(1e300)", "got number 1e+300"),
    ("wb.zeros(0/0)", "got number nan"),
    ("wb.zeros('x')", "got string \"x\""),
    ("wb.zeros(1 << 62)", "more elements than can be addressed"),
    ("wb.zeros(1 << 40, 1 << 40)", "more elements than can be addressed"),
    ("wb.zeros(1 << 40)", "more than this machine's memory"),
    ("wb.zeros{1, 'x'}", "expected a list of integers"),
    ("wb.zeros{-1}", "extents of at least 0"),
    ("wb.eye(-1)", "expected an integer of at least 0"),
    ("wb.eye(1e9)", "more than this machine's memory"),
    ("wb.linspace(0, 1)", "expected an integer of at least 0 as argument 3, got nothing"),
    ("wb.linspace(0, 1, 1e18)", "memory"),
    ("wb.linspace(0, 1/0, 3)", "expected a finite number as argument 2, got number inf"),
    ("wb.range(1, 1e300)", "too many steps"),
    ("wb.range(1, 2, 0)", "the step must not be 0"),
    ("wb.range(1, 0/0)", "expected a finite number"),
  ]) func refused(_ source: String, _ message: String) throws {
    let failure = try #require(try ArrayState().failure(source))
    #expect(failure.contains(message), "\(failure)")
    #expect(failure.hasPrefix("test.lua:1: "), "\(failure)")
  }
}

@Suite struct ArrayIndexing {
  private static let matrix = "local a = wb.array{{1, 2, 3}, {4, 5, 6}} return "

  /// A shape prints as the list it is, and else is a plain table.
  @Test func shapePrints() throws {
    let state = try ArrayState()
    let shown = try state.run(
      """
      local a = wb.zeros(1797, 64)
      local s, names = a.shape, wb.zeros(2, 2):named{'a"b', "y"}.columns
      s[3] = 7
      return tostring(a.shape), tostring(wb.range(1, 5).shape), tostring(names), tostring(s), #a.shape,
        tostring(wb.zeros(0).shape), wb.ones(a.shape[2], 1):reshape(wb.zeros(8, 8).shape):sum(),
        table.concat(a.shape, " x ")
      """)
    #expect(
      shown.compactMap(\.string)
        == ["{1797, 64}", "{5}", #"{"a\"b", "y"}"#, "{1797, 64, 7}", "{0}", "1797 x 64"])
    #expect(shown[4].int == 2 && shown[6].double == 64)
  }

  @Test(arguments: [
    ("#a", [2]), ("a[1]", [1, 2, 3]), ("a[2][3]", [6]), ("a:at(2, 1)", [4]), ("a[1.0]", [1, 2, 3]),
    ("a.shape", [2, 3]), ("a.size", [6]), ("a:rows(2)", [4, 5, 6]), ("a:rows(1, 1)", [1, 2, 3]),
    ("a:rows(1, 0)", []), ("a:rows(3)", []), ("a:column(2)", [2, 5]),
    ("a:reshape(3, 2):column(1)", [1, 3, 5]),
    ("a:reshape(-1)", [1, 2, 3, 4, 5, 6]), ("a:reshape{6, -1}:column(1)", [1, 2, 3, 4, 5, 6]),
    ("a:transpose()", [1, 4, 2, 5, 3, 6]), ("a:totable()", [1, 2, 3, 4, 5, 6]),
    ("a:named{'x', 'y', 'z'}.y", [2, 5]), ("a:named{'x', 'y', 'z'}:column'z'", [3, 6]),
    ("a:named{'x', 'mean', 'z'}:column'mean'", [2, 5]), ("wb.array{3, 1, 2}:sort()", [1, 2, 3]),
    ("wb.sort{{3, 1}, {2, 0/0}}:rows(1, 1)", [1, 3]), ("wb.array{3, 1, 2}:argsort()", [2, 3, 1]),
    ("wb.concat{a, {{7, 8, 9}}}:column(1)", [1, 4, 7]),
    ("wb.concat({a, wb.ones(2, 1)}, 2)[1]", [1, 2, 3, 1]),
    ("wb.concat{1, {2, 3}}", [1, 2, 3]), ("wb.matmul(a, {1, 1, 1})", [6, 15]),
    ("wb.matmul(a, a:transpose())", [14, 32, 32, 77]),
  ]) func read(_ expression: String, _ values: [Double]) throws {
    let state = try ArrayState()
    let value = try state.run(ArrayIndexing.matrix + expression)[0]
    #expect(try ArrayReading.array(value)?.values == values)
  }

  @Test func iteratesByRows() throws {
    let state = try ArrayState()
    #expect(
      try state.run(
        "local s = '' for i, v in ipairs(wb.array{1.5, 2.5}) do s = s .. i .. '=' .. v .. ' ' end return s")[
          0
        ]
        .string == "1=1.5 2=2.5 ")
    #expect(
      try state.run("local n = 0 for i, row in ipairs(wb.zeros(3, 2)) do n = n + #row end return n")[0].int
        == 6)
    #expect(try state.run("return wb.zeros(0)[1] == nil")[0].boolean == true)
  }

  @Test func totableIsNested() throws {
    let state = try ArrayState()
    #expect(try state.run("return wb.array{{1, 2}, {3, 4}}:totable()[2][1]")[0].double == 3)
    #expect(try state.run("return #wb.zeros(2, 0):totable()[2]")[0].int == 0)
    #expect(try state.run("return type(wb.zeros(2, 2, 2):totable()[1][2])")[0].string == "table")
  }

  @Test func printsReadably() throws {
    let state = try ArrayState()
    _ = try state.run("print(wb.array{{1, 2}, {3, 4.5}}:named{'t', 'x'})")
    #expect(state.printed.hasPrefix("array 2×2\n"))
    #expect(state.printed.contains("t"))
    #expect(state.printed.contains("4.5"))
  }

  @Test(arguments: [
    ("a[0]", "index 0 is out of range: the array has 2 rows; indices count from 1, and a[#a] is the last"),
    ("a[-1]", "index -1 is out of range"), ("a[4]", "index 4 is out of range: the array has 2 rows"),
    ("a[1.5]", "indexed by an integer, not by 1.5"), ("a[0/0]", "not by nan"), ("a[1e300]", "not by 1e+300"),
    ("a[math.mininteger]", "out of range"), ("a[math.maxinteger]", "out of range"),
    ("a[true]", "not by a boolean"),
    ("a.sum_", "has no field 'sum_': did you mean 'sum'?"),
    ("a:named{'x', 'y', 'z'}.yy", "nor this one a column of that name: did you mean 'y'?"),
    ("a:at(1)", "1 indices for an array of shape (2, 3): expected 2"),
    ("a:at(3, 1)", "array:at: index 3 is out of range: axis 1 has 2 elements"),
    ("a:at(1, 0)", "index 0 is out of range: axis 2 has 3 elements; indices count from 1"),
    ("a:at(math.mininteger, 1)", "out of range"),
    ("a:at(1, 0/0)", "expected an integer as argument 2, got number nan"),
    ("a:rows(2, 3)", "rows 2 to 3 are not within the array, which has 2 rows"),
    ("a:rows(2, math.maxinteger)", "not within"), ("a:rows(math.maxinteger)", "not within"),
    ("a:rows(0)", "expected an integer of at least 1 as argument 1, got integer 0"),
    ("a:rows(2, 0)", "the first must not come after the last"),
    ("a:column(4)", "index 4 is out of range: axis 2 has 3 elements"),
    ("a:column('x')", "no column \"x\": this array has no column names"),
    ("a:named{'Rate', 'y', 'z'}:column'rate'", "no column \"rate\": did you mean \"Rate\"?"),
    ("a:column()", "expected a column's number or name as argument 1, got nothing"),
    ("a:reshape(4, 2)", "shape (4, 2) has 8 elements, but there are 6"),
    ("a:reshape(-1, -1)", "only one extent may be -1"), ("a:reshape(-2)", "at least -1"),
    ("a:reshape(0, -1)", "do not divide"), ("a:reshape(math.maxinteger, math.maxinteger)", "addressed"),
    ("a:named{'x'}", "1 column names for 3 columns"), ("a:named{'x', 'x', 'y'}", "appears twice"),
    ("a:named{1, 2, 3}", "expected a list of strings"),
    ("wb.concat{a, {1, 2}}", "all extents but that of axis 1 must be equal"),
    ("wb.concat{}", "needs at least one array"), ("wb.concat({a}, 3)", "axis 3 is out of range"),
    ("wb.concat({a}, 0)", "at least 1"),
    ("wb.concat{a, 'x'}", "element 2: expected an array or a number, got string"),
    ("wb.matmul(a, {1, 2})", "columns of the first must be as many as the rows of the second"),
    ("wb.matmul(a, wb.zeros(3, 1, 1))", "needs arrays of one or two axes"), ("wb.matmul(a)", "got nothing"),
    ("(function() a[1] = 2 end)()", "read-only"), ("a.at(1, 1)", "before the ':'"),
  ]) func refused(_ expression: String, _ message: String) throws {
    let failure = try #require(
      try ArrayState().failure("local a = wb.array{{1, 2, 3}, {4, 5, 6}} return " + expression))
    #expect(failure.contains(message), "\(failure)")
    #expect(failure.hasPrefix("test.lua:1: "), "\(failure)")
  }
}
