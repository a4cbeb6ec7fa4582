import Glibc
import Testing

/// The same bytes for any number of threads, and the same bits as plain Lua.
@Suite struct DeterminismTests {
  @Test func threadsDoNotChangeAByte() {
    let folder = Folder()
    folder.write(
      "s.lua",
      """
      local heston = wb.sde{ name="H", state={"S", "v"}, params={kappa=1},
        drift = function(x, t, p) return {0.1*x.S, p.kappa*(0.04 - x.v)} end,
        diffusion = function(x) local s = math.sqrt(math.max(x.v, 0)) return {{s*x.S, 0}, {0.1*s, 0.2*s}} end }
      local sol = wb.solve(heston, {x0={1, 0.04}, steps=37, paths=30001, save=4,
        observe={call=function(x) return math.max(x.S - 1, 0) end}})
      print(sol)
      print(sol:mean(), sol:std(), sol:quantile{0.1, 0.99}[2], sol.observed.call.mean, sol.observed.call.stderr)
      sol:save("sol.npz")
      sol:mean():save("mean.csv")
      wb.save("both.npz", {x=sol.x, m=sol:mean()})
      local streamed = wb.solve(heston, {x0={1, 0.04}, steps=37, paths=30001, memory_limit=1000, precision="single"})
      print(streamed, streamed:quantile(0.4))
      local gbm = wb.sde{ params={mu=wb.learnable(0.05), sigma=0.2},
        drift=function(x, t, p) return p.mu*x end, diffusion=function(x, t, p) return p.sigma*x end }
      print(wb.convergence(gbm, {x0=1, paths=3000, levels=4, methods={"em", "milstein"}}))
      local data = {}
      for i = 1, 12 do data[i] = wb.solve(gbm, {x0=1, steps=200, save="path", seed=i}).x:reshape(201) end
      print(wb.fit(gbm, data, {dt=1/200}))
      """)
    let files = ["sol.npz", "mean.csv", "both.npz"]
    var first: [[UInt8]] = []
    for threads in 1...3 {
      let out = "out\(threads)"
      let result = CommandLine.run(["run", "s.lua", "--threads", "\(threads)", "--out", out], in: folder)
      #expect(result.code == 0, "\(result.errors)")
      let written = [Array(result.output.utf8)] + files.map { folder.bytes("\(out)/\($0)") }
      #expect(written.allSatisfy { !$0.isEmpty })
      if threads == 1 { first = written } else { #expect(written == first, "\(threads) threads") }
    }
    // A control: another seed writes other bytes.
    let other = CommandLine.run(["run", "s.lua", "--seed", "2", "--out", "other"], in: folder)
    #expect(other.code == 0)
    #expect(Array(other.output.utf8) != first[0])
    #expect(folder.bytes("other/sol.npz") != first[1])
  }

  /// `math.max` and the `if` that means the same give the same bits, strict or not.
  @Test(arguments: ["0", "1"]) func ifAndMaxAgree(_ strict: String) {
    let result = CommandLine.script(
      """
      local function run(drift)
        local s = wb.sde{ drift=drift, diffusion=function(x) return 0.3 end }
        return wb.solve(s, {x0=0.04, steps=100, paths=2000, seed=3}).x
      end
      local a = run(function(x) return 2*(0.04 - math.max(x, 0)) end)
      local b = run(function(x) if x > 0 then return 2*(0.04 - x) else return 2*(0.04 - 0) end end)
      local c = run(function(x) return 2*(0.04 - x) end)
      print(a == b, a == c)
      """, environment: ["WORKBENCH_STRICT": strict])
    #expect(result.output == "true\tfalse\n", "\(result.errors)")
  }

  /// An Euler step written in plain Lua over the solver's own increments: the same to the last bit without
  /// fma contraction; with it, not (so the comparison can fail).
  @Test func solvingAgreesWithPlainLua() {
    let source = """
      local weights = {1, 1/2, 1/3}
      local function series(x) local r = 0 for i = 1, #weights do r = r + x*weights[i] end return r end
      local function scaled(k) return function(x) return k*series(x) end end
      local push = scaled(0.7)
      local function f(x, t)
        if x > 1 then return t - push(x)
        elseif x < -0.5 then return push(x)*0.25
        else
          local y = math.max(push(x), 0.1)
          for i = 1, 3 do if y > 0.2*i then y = y - 0.05*i end end
          return y + t
        end
      end
      local function g(x) return math.sqrt(math.abs(x) + 0.3) end
      local sde = wb.sde{ drift=function(x, t) return f(x, t) end, diffusion=g }
      wb.solver{ name="increments", step=function(f, g, x, t, h, dW, n) return dW end }
      local N, P = 64, 300
      local function solved(method)
        return wb.solve(sde, {x0=0.3, steps=N, paths=P, seed=7, save="path", method=method}).x:reshape(P, N + 1)
      end
      local X, dW, h, different = solved("em"), solved("increments"), 1/N, 0
      for i = 1, P do
        local x, xs, ws = 0.3, X[i], dW[i]
        for k = 1, N do
          x = x + f(x, (k - 1)*h)*h + g(x)*ws[k + 1]
          if x ~= xs[k + 1] then different = different + 1 end
        end
      end
      print(different)
      """
    let strict = CommandLine.script(source, environment: ["WORKBENCH_STRICT": "1"])
    #expect(strict.output == "0\n", "\(strict.errors)")
    let contracted = CommandLine.script(source)
    #expect(contracted.code == 0 && contracted.output != "0\n", "\(contracted.errors)")
  }

  /// The same for `wb.trace` and `array:map` over random points.
  @Test func tracedFunctionsAgreeWithPlainLua() {
    let result = CommandLine.script(
      """
      local cs = {0.3, -0.7, 1.1}
      local function poly(x) local s = 0 for i = #cs, 1, -1 do s = s*x + cs[i] end return s end
      local function helper(a, b) if a < b then return a*b - 1/(1 + b*b) else return math.sqrt(math.abs(a)) + b end end
      local function make(k) return function(x) return k*x + (x > 0.25 and 0.125 or -0.5) end end
      local line = make(1.7)
      local function f(x)
        local a, b, c = x[1], x[2], x[3]
        local r = poly(a) + helper(b, c)
        if a > b then
          if c > 0 then r = r/3 else r = r - c end
        elseif a < -1 then r = r*line(c)
        else for i = 1, 4 do if r > i then r = r - 0.1*i end end end
        return {r, line(r), math.max(r, line(a)) - math.min(b, c)}
      end
      local s = 12345
      local function draw() s = (s*1103515245 + 12345) % 2147483648 return s/2147483648*6 - 3 end
      local rows = {}
      for i = 1, 5000 do rows[i] = {draw(), draw(), draw()} end
      local out, different = wb.trace(f, {inputs=3})(wb.array(rows)), 0
      for i, row in ipairs(rows) do
        local expected = f(row)
        for j = 1, 3 do if out:at(i, j) ~= expected[j] then different = different + 1 end end
      end
      local xs = {} for i = 1, 5000 do xs[i] = draw() end
      local mapped = wb.array(xs):map(function(x) return helper(poly(x), x) end)
      for i, x in ipairs(xs) do if mapped[i] ~= helper(poly(x), x) then different = different + 1 end end
      print(different)
      """, environment: ["WORKBENCH_STRICT": "1"])
    #expect(result.output == "0\n", "\(result.errors)")
  }

  /// Statistics stream: an ensemble whose states would take 1.6 GB runs in the memory of a small one.
  @Test(.enabled(if: getenv("WORKBENCH_SLOW").map { String(cString: $0) } == "1"))
  func largeEnsemblesRunInConstantMemory() {
    func peak(_ paths: String) -> (kilobytes: Int, output: String) {
      let folder = Folder()
      folder.write(
        "s.lua",
        """
        local gbm = wb.sde{ drift=function(x) return 0.05*x end, diffusion=function(x) return 0.2*x end }
        local sol = wb.solve(gbm, {x0=1, steps=20, paths=\(paths), memory_limit=1e6})
        print(math.abs(sol:mean() - math.exp(0.05)) < 6*sol:stderr(), math.abs(sol:quantile(0.5) - math.exp(0.03)) < 0.01)
        print(select(2, pcall(function() return sol.x end)))
        for line in io.lines("/proc/self/status") do
          local peak = line:match("VmHWM:%s*(%d+)") if peak then print(peak) end
        end
        """)
      let result = CommandLine.run(["run", "s.lua"], in: folder, seconds: 300)
      #expect(result.code == 0, "\(result.errors)")
      let lines = result.output.split(separator: "\n")
      return (lines.last.flatMap { Int($0) } ?? 0, result.output)
    }
    let (small, large) = (peak("1e6"), peak("1e7"))
    #expect(small.kilobytes > 0 && large.kilobytes < small.kilobytes + 20_000, "\(small) \(large)")
    #expect(large.output.hasPrefix("true\ttrue\n"), "\(large.output)")
    for part in ["were not stored", "mean()", "quantile()", "observe", "memory_limit"] {
      #expect(large.output.contains(part), "\(large.output)")
    }
  }
}
