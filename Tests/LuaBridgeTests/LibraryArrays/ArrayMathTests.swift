import Arrays
import Lanes
import Testing

import LuaBridge

@Suite struct ArrayArithmetic {
  @Test(arguments: [
    ("wb.array{1, 2} + 1", [2, 3]), ("1 - wb.array{1, 2}", [0, -1]), ("wb.array{1, 2} * {3, 4}", [3, 8]),
    ("{1, 2} / wb.array{2, 4}", [0.5, 0.5]), ("wb.array{1, 2, 3} ^ 2", [1, 4, 9]),
    ("2 ^ wb.array{1, 2}", [2, 4]),
    ("wb.array{-7, 7} % 3", [2, 1]), ("wb.array{-7, 7} // 2", [-4, 3]), ("-wb.array{1, -2}", [-1, 2]),
    ("wb.array{{1, 2}, {3, 4}} + {10, 20}", [11, 22, 13, 24]),
    ("wb.array{{1, 2}, {3, 4}} + wb.array{{10}, {20}}", [11, 12, 23, 24]),
    ("wb.array{{1}, {2}} ^ wb.array{1, 2}", [1, 1, 2, 4]), ("wb.zeros(0) + 1", []), ("wb.zeros(0) ^ 2", []),
    ("wb.less({1, 2, 3}, 2)", [1, 0, 0]), ("wb.less_equal({1, 2, 3}, 2)", [1, 1, 0]),
    ("wb.greater({1, 2, 3}, 2)", [0, 0, 1]),
    ("wb.greater_equal({1, 2, 3}, 2)", [0, 1, 1]), ("wb.equal({1, 2, 0/0}, {1, 3, 0/0})", [1, 0, 0]),
    ("wb.not_equal({1, 2}, 1)", [0, 1]),
    ("wb.where(wb.greater({1, -2}, 0), 10, {20, 30})", [10, 30]), ("wb.where(true, {1}, {2})", [1]),
    ("wb.where({1, 0}, 5, 6)", [5, 6]), ("wb.max({1, -2, 3}, 0, 2)", [2, 2, 3]),
    ("wb.min(3, {1, 5})", [1, 3]),
    ("wb.abs({-1, 2})", [1, 2]), ("wb.sqrt({4, 9})", [2, 3]), ("wb.relu({-1, 2})", [0, 2]),
    ("wb.floor({1.5, -1.5})", [1, -2]),
    ("wb.pow({1, 2, 3}, 2)", [1, 4, 9]), ("wb.atan(0, {1, 2})", [0, 0]),
    ("wb.log({1}, 10)", [0]), ("wb.sign({-3, 0, 2})", [-1, 0, 1]),
    ("wb.fma({2, 3}, 4, {1})", [9, 13]), ("wb.clamp({-1, 0.5, 2}, 0, 1)", [0, 0.5, 1]),
    ("math.fmod(wb.array{-7, 7}, 3)", [-1, 1]), ("wb.dot({1, 2}, {3, 4})", [11]),
    ("wb.sum({{1, 2}, {3, 4}})", [10]),
    ("wb.norm2({3, 4})", [5]),
  ]) func compute(_ expression: String, _ values: [Double]) throws {
    #expect(try ArrayState().numbers(expression) == values)
  }

  @Test func equalityIsOfTheWhole() throws {
    let state = try ArrayState()
    #expect(try state.run("return wb.array{1, 2} == wb.array{1, 2}")[0].boolean == true)
    #expect(try state.run("return wb.array{1, 2} == wb.array{1, 3}")[0].boolean == false)
    #expect(try state.run("return wb.array{1, 2} == wb.array{{1, 2}}")[0].boolean == false)
  }

  /// Arrays get the bits that lanes of compiled programs get, whatever their length: whole blocks, remainders,
  /// single elements, and a number on either side.
  @Test(arguments: [1, 15, 16, 17, 1023, 1024, 1025, 3000])
  func agreesWithTheLaneKernels(_ count: Int) throws {
    let values = (0..<count).map { Double($0) * 0.37 - 5 }
    let a = NDArray(values)
    for function in UnaryFunction.allCases {
      let result = try ArrayMath.apply(function, a)
      for (x, y) in zip(values, result.values) {
        #expect(Double.evaluate(function, x).bitPattern == y.bitPattern, "\(function)(\(x))")
      }
    }
    for function in BinaryFunction.allCases {
      for (left, right) in [(a, NDArray(scalar: 1.7)), (NDArray(scalar: 1.7), a), (a, a)] {
        let result = try ArrayMath.apply(function, left, right)
        for i in 0..<count {
          let x = left.count == 1 ? left.values[0] : left.values[i]
          let y = right.count == 1 ? right.values[0] : right.values[i]
          #expect(
            Double.evaluate(function, x, y).bitPattern == result.values[i].bitPattern,
            "\(function)(\(x), \(y))")
        }
      }
    }
  }

  @Test func keepsColumnNames() throws {
    let state = try ArrayState()
    let named = "wb.array{{1, 2}, {3, 4}}:named{'t', 'x'}"
    for expression in [
      "\(named) ^ 2", "2 * \(named)", "wb.exp(\(named))", "-\(named)", "\(named):rows(1, 1)",
    ] {
      #expect(try state.run("return (\(expression)).columns[2]")[0].string == "x", "\(expression)")
    }
    #expect(try state.run("return \(named):mean(1).columns[1]")[0].string == "t")
  }

  @Test(arguments: [
    ("wb.array{1, 2} + 'x'", "cannot compute array + string: expected an array or a number"),
    ("nil + wb.array{1}", "cannot compute nil + array"),
    ("wb.array{1} * {1, 'x'}", "element [2] is the string \"x\""),
    ("wb.array{1, 2} + {1, 2, 3}", "shapes (2,) and (3,) do not fit"),
    ("wb.array{1, 2} ^ {1, 2, 3}", "shapes (2,) and (3,) do not fit"),
    ("wb.array{1} < 2", "use wb.less(a, b)"),
    ("wb.array{1} >= 2", "use wb.less_equal(a, b) or wb.greater_equal(b, a)"),
    ("wb.exp()", "wb.exp: expected 1 argument, got 0"),
    ("wb.exp({1}, 2)", "wb.exp: expected 1 argument, got 2"),
    ("wb.min()", "wb.min: expected at least 1, got 0"),
    ("wb.max({1}, 'x')", "max: argument 2: expected an array or a number, got string"),
    ("wb.where(nil, {1}, 2)", "where: argument 1: expected an array or a number, got nil"),
    ("wb.less({1, 2}, {1, 2, 3})", "less: shapes (2,) and (3,) do not fit"),
    ("wb.fma({1, 2}, {1, 2, 3}, 0)", "fma: shapes (2,) and (3,) do not fit"),
    ("wb.zeros(1 << 20, 1) + wb.zeros(1, 1 << 20)", "more than this machine's memory"),
  ]) func refused(_ expression: String, _ message: String) throws {
    let failure = try #require(try ArrayState().failure("return " + expression))
    #expect(failure.contains(message), "\(failure)")
    #expect(failure.hasPrefix("test.lua:1: "), "\(failure)")
  }

  @Test func foreignOperandsGoToTheHook() throws {
    let state = try ArrayState()
    var seen: [Metamethod] = []
    state.hooks.foreignOperator = { metamethod, _ in
      seen.append(metamethod)
      return metamethod == .add ? 42 : nil
    }
    try state.lua.setGlobal("other", Other())
    #expect(try state.run("return wb.array{1} + other")[0].int == 42)
    #expect(
      try #require(state.failure("return wb.array{1} * other")).contains("cannot compute array * object"))
    #expect(state.failure("return wb.array{1} < other") != nil)
    #expect(seen == [.add, .mul, .lt])
    #expect(try state.numbers("wb.array{1} + 1") == [2])
    #expect(seen.count == 3)
  }
}

/// An object that is no array.
final class Other: LuaObject {}

@Suite struct ArrayStatistics {
  @Test(arguments: [
    ("a:sum()", [21]), ("a:sum(1)", [5, 7, 9]), ("a:sum(2)", [6, 15]), ("a:mean()", [3.5]),
    ("a:mean(1)", [2.5, 3.5, 4.5]),
    ("a:mean{axis = 2}", [2, 5]), ("a:var(1)", [2.25, 2.25, 2.25]),
    ("a:var{axis = 1, ddof = 1}", [4.5, 4.5, 4.5]),
    ("a:std(1)", [1.5, 1.5, 1.5]), ("wb.array{1, 3}:std{ddof = 1} ^ 2", [2.0000000000000004]),
    ("a:min()", [1]), ("a:max(2)", [3, 6]), ("a:argmax()", [6]), ("a:argmin()", [1]), ("a:median()", [3.5]),
    ("a:quantile(0.5)", [3.5]), ("a:quantile{0, 1}", [1, 6]), ("a:quantile(0.5, 1)", [2.5, 3.5, 4.5]),
    ("a:quantile({0, 1}, 2)", [1, 4, 3, 6]), ("a:quantile(wb.array{0.5})", [3.5]),
    ("a:histogram{bins = 2}.counts", [3, 3]), ("a:histogram{bins = 2, range = {0, 4}}.counts", [1, 3]),
    ("a:histogram{bins = 2, range = {0, 4}}.outside", [2]), ("a:histogram{bins = 2}.edges", [1, 3.5, 6]),
    ("a:histogram{bins = 2}.centers", [2.25, 4.75]), ("a:histogram{bins = 2}.density", [0.2, 0.2]),
    ("a:histogram().inside", [6]), ("a:cov()", [Double](repeating: 4.5, count: 9)),
    ("a:cov{ddof = 0}", [Double](repeating: 2.25, count: 9)), ("a:corr()", [Double](repeating: 1, count: 9)),
    ("wb.zeros(0):sum()", [0]),
  ]) func compute(_ expression: String, _ values: [Double]) throws {
    let state = try ArrayState()
    let value = try state.run("local a = wb.array{{1, 2, 3}, {4, 5, 6}} return " + expression)[0]
    #expect(try ArrayReading.array(value)?.values == values)
  }

  @Test(arguments: [
    ("a:mean(3)", "array:mean: axis 3 is out of range: an array of shape (2, 3) has 2 axes"),
    ("a:mean(0)", "expected an integer of at least 1 as argument 1, got integer 0"),
    ("a:mean(-1)", "got integer -1"), ("a:mean(1e300)", "got number 1e+300"),
    ("a:mean(math.maxinteger)", "out of range"),
    ("a:mean('x')", "got string \"x\""),
    ("a:mean{axs = 1}", "unknown option 'axs' of array:mean: did you mean 'axis'?"),
    ("a:mean{ddof = 1}", "unknown option 'ddof'"), ("a:std{ddof = 6}", "needs 0 ≤ ddof < n"),
    ("a:std{ddof = -1}", "expected an integer of at least 0, got -1"),
    ("a:var{ddof = math.maxinteger}", "ddof"),
    ("wb.zeros(0):mean()", "the mean of an empty array does not exist"), ("wb.zeros(0):min()", "empty array"),
    ("wb.zeros(0):argmax()", "empty array"), ("wb.zeros(0):median()", "empty array"),
    ("wb.zeros(2, 0):max(2)", "empty"),
    ("a:quantile()", "expected a one-dimensional array or a list of numbers as argument 1, got nothing"),
    ("a:quantile(1.5)", "a quantile's probability must lie between 0 and 1, got 1.5"),
    ("a:quantile(0/0)", "between 0 and 1"), ("a:quantile{}", "at least one probability"),
    ("a:quantile{{1, 2}, {3, 4}}", "it has shape (2, 2)"),
    ("a:histogram{bins = 0}", "expected an integer from 1 to 10000000, got 0"),
    ("a:histogram{bins = 1e300}", "got 1e+300"),
    ("a:histogram{range = {2, 1}}", "two finite numbers {low, high} with low < high"),
    ("a:histogram{range = {1/0, 1}}", "two finite numbers"), ("a:histogram{range = 3}", "two finite numbers"),
    ("wb.array{1, 0/0}:histogram{}", "a histogram's range must be finite"),
    ("a:histogram{bin = 3}", "did you mean 'bins'?"), ("wb.zeros(2, 2, 2):cov()", "rows of observations"),
    ("wb.zeros(1, 2):cov()", "needs more than 1 observations"), ("a:cov{ddof = 2}", "needs more than 2"),
    ("a:map()", "expected a function as argument 1, got nothing"),
    ("a:map(function() return 'x' end)", "returns a string: expected a number"),
    ("a:map(function() error('inner') end)", "inner"),
  ]) func refused(_ expression: String, _ message: String) throws {
    let failure = try #require(
      try ArrayState().failure("local a = wb.array{{1, 2, 3}, {4, 5, 6}} return " + expression))
    #expect(failure.contains(message), "\(failure)")
  }

  @Test func mapAppliesAFunction() throws {
    let state = try ArrayState()
    let branching = "function(x) if x > 1.5 then return x * 10 end return math.exp(x) end"
    let values = try state.numbers("wb.array{{1, 2}}:map(\(branching))")
    #expect(values == [Double.evaluate(.exp, 1), 20])
    #expect(try state.shape("wb.array{{1, 2}}:map(\(branching))") == [1, 2])
    #expect(try state.numbers("wb.zeros(0):map(\(branching))") == [])
    // Without a tracer the function is called.
    state.hooks.map = nil
    #expect(try state.numbers("wb.array{1, 2}:map(function(x) return x * 10 end)") == [10, 20])
    #expect(
      try #require(state.failure("wb.array{1}:map(function() return 'x' end)"))
        .contains("the function must give a number; for 1.0 it did not"))
  }

  @Test func mapIsTheSameForAnyNumberOfThreads() throws {
    let state = try ArrayState()
    let source = "wb.linspace(-3, 3, 100001):map(function(x) return math.sin(x) / (1 + x^2) end)"
    state.context.threads = 1
    let one = try state.numbers(source)
    state.context.threads = 3
    #expect(try state.numbers(source) == one)
    #expect(one.count == 100_001)
  }
}

@Suite struct ArraysInTracedFunctions {
  /// The values of a function of x, traced and run at each of them.
  private func map(_ body: String, _ points: String = "{-1, 0.5, 2}") throws -> [Double] {
    try ArrayState().numbers(
      "(function() local a = wb.array{1, 2, 3} return wb.array\(points):map(\(body)) end)()")
  }

  @Test func arraysAreConstants() throws {
    #expect(try map("function(x) return a[2] * x end") == [-2, 1, 4])
    #expect(try map("function(x) return wb.sum(a * x) end") == [-6, 3, 12])
    #expect(try map("function(x) return wb.sum(x * a) end") == [-6, 3, 12])
    #expect(try map("function(x) return wb.dot(a, a - x) end") == [20, 11, 2])
    #expect(try map("function(x) local y = a / x return y[1] + y[3] end") == [-4, 8, 2])
    #expect(try map("function(x) return wb.sum(wb.max(a, 2)) * x end") == [-7, 3.5, 14])
    #expect(try map("function(x) return x * #a end") == [-3, 1.5, 6])
  }

  @Test(arguments: [
    (
      "function(x) return wb.sum(wb.eye(2) * x) end",
      "an array of shape (2, 2) cannot be a value of a traced function"
    ),
    ("function(x) return a[x] end", "an array is indexed by an integer, not by a traced value"),
    ("function(x) return a * x end", "must return one number for each element"),
    ("function(x) return 'x' end", "returns a string: expected a number"),
    ("function(x) return math.random() end", "random numbers cannot be used in a traced function"),
    ("function(x) if x > 1 then error('too large') end return x end", "too large (for the element 2.0)"),
    ("math.sin", "expected a function written in Lua"),
  ]) func refused(_ body: String, _ message: String) throws {
    let failure = try #require(
      try ArrayState().failure("local a = wb.array{1, 2, 3} return wb.array{-1, 0.5, 2}:map(\(body))"))
    #expect(failure.contains(message), "\(failure)")
    #expect(failure.contains("test.lua:1: "), "\(failure)")
  }

  @Test func functionsOfMathTakeArrays() throws {
    let state = try ArrayState()
    for name in ["exp", "log", "sqrt", "sin", "abs", "floor", "tanh", "erf"] {
      let expected = try state.numbers("wb.\(name)(wb.array{0.5, 2})")
      #expect(try state.numbers("math.\(name)(wb.array{0.5, 2})") == expected)
      #expect(try state.numbers("wb.\(name){0.5, 2}") == expected)
      #expect(expected.count == 2)
    }
    #expect(try state.numbers("math.max(wb.array{1, 5}, 3)") == [3, 5])
  }
}
