import Testing

/// Every way a script can be wrong gives one message with file and line, and exit code 1.
@Suite struct ScriptErrorTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let source: String
    /// The line the message must name.
    let line: Int
    /// Parts of what the message must say: what was expected, what came, what to do.
    let says: [String]
    var testDescription: String { name }
  }

  private static let coefficients = "drift=function(x) return -x end, diffusion=function(x) return 1 end"

  private static let cases: [Case] = [
    Case(
      name: "syntax", source: "local x = 1\nlocal y = = 2\n", line: 2, says: ["unexpected symbol near '='"]),
    Case(
      name: "components of the drift",
      source: """
        local s = wb.sde{ dim=2,
          drift = function(x) return {x[1], x[2], 0} end,
          diffusion = function(x) return {1, 1} end }
        """, line: 2,
      says: ["drift of 'sde' returned 3 components", "the state has 2", "return a table of 2 values"]),
    Case(
      name: "ragged diffusion",
      source: """
        local s = wb.sde{ name="R", dim=2,
          drift = function(x) return {x[1], x[2]} end,
          diffusion = function(x)
            return {{1, 2}, {1}} end }
        """, line: 3, says: ["diffusion of 'R'", "rows of different lengths: 2, 1"]),
    Case(
      name: "too many entries of the diffusion",
      source: """
        local s = wb.sde{ dim=2,
          drift = function(x) return {x[1], x[2]} end,
          diffusion = function(x) return {1, 2, 3} end }
        """, line: 3, says: ["returned 3 values", "the state has 2 components", "matrix"]),
    Case(
      name: "unknown option",
      source: "local s = wb.sde{ \(coefficients) }\nwb.solve(s, {x0=1, stesp=10})", line: 2,
      says: ["unknown option 'stesp' of wb.solve", "did you mean 'steps'?"]),
    Case(
      name: "steps = -1", source: "local s = wb.sde{ \(coefficients) }\nwb.solve(s, {x0=1, steps=-1})",
      line: 2,
      says: ["option 'steps' of wb.solve: expected an integer of at least 1, got -1"]),
    Case(
      name: "size of x0", source: "local s = wb.sde{ \(coefficients) }\nwb.solve(s, {x0={1, 2, 3}, steps=4})",
      line: 2,
      says: ["option 'x0' of wb.solve", "'sde' has 1 component", "expected a number", "got 3"]),
    Case(
      name: "rows of x0",
      source: "local s = wb.sde{ \(coefficients) }\nwb.solve(s, {x0=wb.zeros(3, 1), steps=4, paths=5})",
      line: 2,
      says: ["one row a path", "expected 5 × 1, got 3 × 1"]),
    Case(
      name: "unknown parameter in a coefficient",
      source: """
        local s = wb.sde{ params = {sigma=1, mu=2},
          drift = function(x, t, p) return -x end,
          diffusion = function(x, t, p)
            return p.sgima end }
        """, line: 4, says: ["no parameter 'sgima'", "did you mean 'sigma'?"]),
    Case(
      name: "unknown parameter in with",
      source: "local s = wb.sde{ params={sigma=1}, \(coefficients) }\ns:with{sgima=3}", line: 2,
      says: ["no parameter 'sgima'", "did you mean 'sigma'?"]),
    Case(
      name: "x == 0",
      source: """
        local s = wb.sde{ drift = function(x)
            if x == 0 then return 1 end
            return -x end,
          diffusion = function(x) return 1 end }
        """, line: 2, says: ["`==`", "x = 0", "wb.eq(a, b)"]),
    Case(
      name: "math.random",
      source: """
        local s = wb.sde{ drift = function(x)
            return -x + math.random() end,
          diffusion = function(x) return 1 end }
        """, line: 2, says: ["math.random", "noise comes from the diffusion"]),
    Case(
      name: "loop on a traced condition",
      source: """
        local s = wb.sde{ drift = function(x)
            while x > 0 do x = x - 1 end
            return x end,
          diffusion = function(x) return 1 end }
        """, line: 2, says: ["a loop whose condition depends on a traced value", "fixed number of rounds"]),
    Case(
      name: "bad cell", source: "local t =\n  wb.load(\"bad.csv\")", line: 2,
      says: ["bad.csv:3", "column \"b\"", "expected a number", "\"oops\""]),
    Case(
      name: "missing file", source: "\nlocal t = wb.load(\"none.csv\")", line: 2,
      says: ["none.csv: no such file"]),
    Case(
      name: "method that does not fit the noise",
      source: """
        local s = wb.sde{ name="G", dim = 2, drift = function(x) return {-x[1], x[2]} end,
          diffusion = function(x) return {{x[2], x[1]*x[2]}, {x[1]^2, 1}} end }
        wb.solve(s, {x0={1, 1}, steps=10, method="milstein"})
        """, line: 3, says: ["\"milstein\"", "noise of 'G' is general", "methods that fit: \"em\""]),
    Case(
      name: "method that does not exist",
      source: "local s = wb.sde{ \(coefficients) }\nwb.solve(s, {x0=1, steps=4, method=\"milstien\"})",
      line: 2,
      says: ["no method \"milstien\"", "did you mean \"milstein\"?"]),
    Case(
      name: "paths = 1e15",
      source: "local s = wb.sde{ \(coefficients) }\nwb.solve(s, {x0=1, steps=4, paths=1e15})",
      line: 2, says: ["option 'paths'", "got 1000000000000000", "the most is"]),
    Case(
      name: "time runs backwards",
      source: "local s = wb.sde{ \(coefficients) }\nwb.solve(s, {x0=1, steps=4, t={1, 0}})", line: 2,
      says: ["option 't'", "forwards", "{1.0, 0.0}"]),
    Case(
      name: "error with a table", source: "\nerror({code=2})", line: 2,
      says: ["error with the value {code = 2}"]),
    Case(
      name: "unknown function", source: "local x = 1\nwb.sovle(x)", line: 2,
      says: ["'sovle'", "did you mean 'wb.solve'?"]),
    Case(name: "error with nothing", source: "\n\nerror()", line: 3, says: ["error() without a message"]),
    Case(
      name: "error of Lua", source: "local t\nt.x = 1", line: 2,
      says: ["attempt to index a nil value (local 't')"]),
  ]

  @Test(arguments: cases) func isSaidOnceAtItsLine(_ wrong: Case) {
    let folder = Folder()
    folder.write("s.lua", wrong.source)
    folder.write("bad.csv", "a,b\n1,2\n3,oops\n")
    let result = CommandLine.run(["run", "s.lua"], in: folder)
    #expect(result.code == 1)
    #expect(result.output == "")
    #expect(result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.hasPrefix("s.lua:\(wrong.line): "), "\(result.errors)")
    for part in wrong.says { #expect(result.errors.contains(part), "\(result.errors)") }
    #expect(!result.errors.contains("Fatal error"))
  }

  /// The calls that led to an error are shown where they say more than its line does, without C and without
  /// the repeats of a recursion.
  @Test func callsAreShownWhereTheyHelp() {
    let nested = CommandLine.script("local function f()\n  error('boo')\nend\nf()")
    #expect(nested.code == 1)
    #expect(nested.errors == "s.lua:2: boo\n\tin s.lua:2: in local 'f'\n\tin s.lua:4: in main chunk\n")
    let deep = CommandLine.script("local function f() return f() + 1 end\nf()")
    #expect(deep.code == 1)
    #expect(deep.errors.hasPrefix("s.lua:1: stack overflow"))
    #expect(deep.errorLines.count < 8, "\(deep.errors)")
  }

  /// A blow-up is a result, not an error: said, counted, and the other paths are there.
  @Test func blowUpIsReported() {
    let result = CommandLine.script(
      """
      local s = wb.sde{ drift = function(x) return x^3 end, diffusion = function(x) return x end }
      local sol = wb.solve(s, {x0=1, steps=100, paths=1000})
      print(sol)
      local f = sol.failed
      print(f.count > 0 and f.count < 1000, f.path >= 1, f.t > 0 and f.t <= 1)
      print(sol:quantile(0.5) == sol:quantile(0.5))
      local path = sol:path(f.path)
      print(path.x[#path.x] == path.x[#path.x] and math.abs(path.x[#path.x]) < math.huge)
      """)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("blew up (not finite) and are left out; the first is path "))
    #expect(result.output.contains("at t = 0."))
    #expect(result.output.hasSuffix("true\ttrue\ttrue\ntrue\nfalse\n"), "\(result.output)")
  }

  static let endless: [String] = [
    """
    local s = wb.sde{ drift = function(x) return -x end, diffusion = function(x) return 1 end }
    wb.solve(s, {x0=1, steps=1000, paths=1e9})
    """,
    """
    local s = wb.sde{ drift = function(x) return -x end, diffusion = function(x) return x end }
    wb.convergence(s, {x0=1, levels=12, paths=1e8})
    """,
    "while true do end",
    "while true do pcall(function() while true do end end) end",
  ]

  @Test(arguments: endless) func interruptEndsWith130(_ source: String) {
    let folder = Folder()
    folder.write("s.lua", source)
    let result = CommandLine.run(["run", "s.lua"], in: folder, interruptAfter: 700_000, seconds: 20)
    #expect(result.code == 130)
    #expect(result.errors == "interrupted\n")
  }
}
