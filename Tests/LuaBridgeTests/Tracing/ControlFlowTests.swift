import LuaBridge
import Program
import Testing

@Suite struct ControlFlowTests {
  @Test func `a math.max and an if give the same numbers`() throws {
    let bench = try TracingBench()
    let a = try bench.trace("return function(x) return math.sqrt(math.max(x, 0)) end")
    let b = try bench.trace("return function(x) if x > 0 then return math.sqrt(x) else return 0 end end")
    for x in [-2, -1, -0.0, 0, 1e-300, 0.5, 1, 7, Double.infinity] {
      #expect(try a(x) == b(x))
    }
  }

  @Test func `the derivative of an unselected branch does not reach the result`() throws {
    let bench = try TracingBench()
    for source in [
      "return function(x) if x > 0 then return math.sqrt(x) else return 0 end end",
      "return function(x) return x > 0 and math.sqrt(x) or 0 end",
      "return function(x) return wb.where(wb.greater(x, 0), math.sqrt(x), 0) end",
      "return function(x) if x > 0 then return 3 * math.log(x) + x end return x end",
      "return function(x) local y = 0; if x > 0 then y = x ^ 0.5 end return 2 * y + x * 0 end",
    ] {
      let result = try bench.trace(source)
      let program = try result.builder.finish([("y", result.results[0].nodes[0])]).jvp(inputs: ["x"])
      for x in [-1, -1e10, 1.0, 4.0] {
        let values = try program.evaluate(["x": [x], "d.x": [1]])
        let slope = try #require(values["d.y"]?[0])
        #expect(!slope.isNaN, "\(source) at \(x)")
        if x < 0, source.contains("sqrt") { #expect(slope == 0, "\(source) at \(x)") }
      }
    }
  }

  @Test func `a comparison settles those it implies, and not those a NaN escapes`() throws {
    let bench = try TracingBench()
    // x < 0 true settles x >= 0, x == -1 is still open.
    let implied = try bench.trace(
      """
      return function(x)
        if x < 0 then
          if x >= 0 then return 1 end
          if x < 1 then return 2 end
          return 3
        end
        return 4
      end
      """)
    #expect(implied.paths == 2)
    // Not x < 0, and not x >= 0: NaN.
    let both = try bench.trace(
      "return function(x) if x < 0 then return 1 elseif x >= 0 then return 2 end return 3 end")
    #expect(both.paths == 3)
    #expect(try both(-1) == 1)
    #expect(try both(1) == 2)
    #expect(try both(.nan) == 3)
    let pair = try bench.trace(
      "return function(x, y) if x < y then if y <= x then return 1 end if x == y then return 2 end return 3 end return 4 end",
      2)
    #expect(pair.paths == 2)
    let chain = try bench.trace(
      "return function(x) if x < 1 then return 1 elseif x < 2 then return 2 elseif x < 3 then return 3 end return 4 end"
    )
    #expect(chain.paths == 4)
    let nan = try bench.trace(
      "return function(x) local y = x + 0.0; if x * 1 ~= y then return 1 end return 2 end")
    #expect(try nan(.nan) == 1)
    #expect(try nan(2) == 2)
  }

  @Test func `independent branches reach the limit, with the line and the remedy`() throws {
    let bench = try TracingBench()
    let eight = (1...8).map { "if x < y * \($0) then s = s + \($0) * x end" }.joined(separator: "\n")
    #expect(try bench.trace("return function(x, y)\nlocal s = 0\n\(eight)\nreturn s end", 2).paths == 256)
    let message = bench.refusal(
      "return function(x, y)\nlocal s = 0\nif x < y * 9 then s = 1 end\n\(eight)\nreturn s end", 2)
    #expect(message.hasPrefix("f.lua:"))
    #expect(message.contains("more than 256 paths"))
    #expect(message.contains("math.max"))
    #expect(message.contains("wb.where"))
  }

  @Test func `an endless loop on a traced condition is refused at its line`() throws {
    let bench = try TracingBench()
    let message = bench.refusal(
      "return function(x)\n  local n = 0\n  while x > n do\n    n = n + 1\n  end\n  return n\nend")
    #expect(message.hasPrefix("f.lua:3: drift: more than 64 branches"), "\(message)")
    #expect(message.contains("fixed number of rounds"))
  }

  @Test func `an endless plain loop is stopped, also inside pcall`() throws {
    let bench = try TracingBench()
    for body in ["while true do end", "while true do pcall(function() while true do end end) end"] {
      let message = bench.refusal("return function(x)\n  \(body)\n  return x\nend")
      #expect(message.hasPrefix("f.lua:2: drift: does not end"), "\(message)")
      #expect(message.contains("bound"))
    }
    #expect(try bench.trace("return function(x) return x + 1 end").paths == 1)
  }

  @Test func `too many operations are refused`() throws {
    let bench = try TracingBench()
    let message = bench.refusal(
      "return function(x)\n  for i = 1, 1e6 do x = x * 1.5 + i end\n  return x\nend")
    #expect(message.hasPrefix("f.lua:2: drift: more than 100000 operations"), "\(message)")
  }

  @Test func `an error in a branch is a mask, and NaN there`() throws {
    let bench = try TracingBench()
    let result = try bench.trace(
      """
      return function(x)
        if x < -3 then error("negative state") end
        assert(x < 5, "too large")
        return 2 * x
      end
      """)
    #expect(result.failures.map(\.message) == ["f.lua:2: negative state", "f.lua:3: too large"])
    let low = try result.evaluate(["x": [-4]])
    #expect(low[0].isNaN && low[1] == 1 && low[2] == 0)
    let high = try result.evaluate(["x": [6]])
    #expect(high[0].isNaN && high[1] == 0 && high[2] == 1)
    #expect(try result.evaluate(["x": [1]]) == [2, 0, 0])
    #expect(try result.evaluate(["x": [.nan]])[2] == 1)
  }

  @Test func `error values of any kind are failures`() throws {
    let bench = try TracingBench()
    for value in ["{code = 1}", "42", "nil", "true", "'text'", "'a\\0b'"] {
      let result = try bench.trace("return function(x) if x < 0 then error(\(value)) end return x end")
      #expect(result.failures.count == 1, "\(value)")
    }
    let caught = try bench.trace(
      "return function(x) local ok = pcall(error, 'no'); if ok then return 1 end return x end")
    #expect(caught.failures.isEmpty)
    #expect(try caught(3) == 3)
  }

  @Test func `a function that always fails is refused with its own line`() throws {
    let bench = try TracingBench()
    let message = bench.refusal("return function(x)\n  if x < 0 then error('a') end\n  error('b')\nend")
    #expect(message.contains("fails whatever its arguments are"), "\(message)")
    #expect(message.hasPrefix("f.lua:2: drift"))
  }

  @Test func `a runtime error in one branch is an error of the trace`() throws {
    let bench = try TracingBench()
    let message = bench.refusal(
      "return function(x)\n  if x < 0 then\n    return nothing.field\n  end\n  return x\nend")
    #expect(
      message.hasPrefix("f.lua:3: drift: attempt to index a nil value (global 'nothing')"), "\(message)")
  }

  @Test func `pcall does not swallow a refusal`() throws {
    let bench = try TracingBench()
    let message = bench.refusal(
      "return function(x)\n  local ok, v = pcall(function() return x & 1 end)\n  return ok and v or x\nend")
    #expect(message.hasPrefix("f.lua:2: drift: `&`"), "\(message)")
  }

  @Test func `branches that return different shapes are refused at the branch`() throws {
    let bench = try TracingBench()
    let counts = bench.refusal("return function(x)\n  if x < 0 then\n    return 1\n  end\n  return 1, 2\nend")
    #expect(
      counts.hasPrefix("f.lua:2: drift: returns 1 value when this branch is taken and 2 values"), "\(counts)")
    let shapes = bench.refusal("return function(x)\n  if x < 0 then return {1, x} end\n  return x\nend")
    #expect(shapes.hasPrefix("f.lua:2: drift: returns a table of 2"), "\(shapes)")
    let nothing = bench.refusal("return function(x)\n  if x < 0 then return 1 end\nend")
    #expect(
      nothing.contains("returns 1 value when this branch is taken and 0 values otherwise"), "\(nothing)")
  }

  @Test func `print speaks on the first path only, prefixed`() throws {
    let bench = try TracingBench()
    _ = try bench.trace(
      "return function(x)\n  print('x is', x * 2)\n  if x < 0 then return 1 end\n  return x\nend")
    #expect(bench.printed == "[tracing drift] x is\t<traced x*2 at f.lua:2>\n")
  }

  @Test func `coroutines inside the function work, a yield out of it does not`() throws {
    let bench = try TracingBench()
    let source = """
      return function(x)
        local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(x * i) end end)
        local s = 0
        for i = 1, 3 do s = s + gen() end
        if s > 2 then return s end
        return -s
      end
      """
    let result = try bench.trace(source)
    #expect(try result(1) == 6)
    #expect(try result(0.1) == -(0.1 + 0.2 + 0.1 * 3))
  }
}
