import Foundation
import Testing

import LuaBridge

/// Every function, method and operator that scripts can use, called with hostile arguments: it returns or
/// raises an error of Lua. A Swift trap would end the process, which is one of its own.
@Suite struct FuzzTests {
  @Test func hostileArgumentsNeverTrap() async {
    await #expect(processExitsWith: .success) {
      let folder = "/tmp/workbench-fuzz-\(getpid())"
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let clock = ContinuousClock()
      let started = clock.now
      for seed in 1...4 { try fuzz(seed, writingTo: folder) }
      #expect(clock.now - started < .seconds(60))
    }
  }
}

private func fuzz(_ seed: Int, writingTo folder: String) throws {
  let context = RunContext()
  context.outDirectory = folder
  let session = try ScriptSession(context: context)
  session.lua.output = { _ in }
  let entries = session.lua.library.entries.compactMap { entry -> String? in
    let options = entry.options.map { "\"\($0.name)\"" }.joined(separator: ", ")
    switch entry.kind {
    case .function: return "{name=\"\(entry.name)\", options={\(options)}}"
    case .method:
      let parts = entry.name.split(separator: ":")
      return "{name=\"\(entry.name)\", type=\"\(parts[0])\", key=\"\(parts[1])\", options={\(options)}}"
    default: return nil
    }
  }
  #expect(entries.count > 80)
  let results = try session.lua.run(
    "local state = \(seed)\nlocal entries = {\(entries.joined(separator: ",\n"))}\n" + fuzzer, name: "=fuzz")
  let (calls, failures, slip) = (results[0].int ?? 0, results[1].int ?? 0, results[2].string)
  #expect(calls > 5000)
  // Most hostile calls are refused, and some are not: neither all nor none.
  #expect(failures > calls / 3 && failures < calls)
  #expect(slip == nil, "\(slip ?? "")")
  #expect(results[3].string == "", "no object to call the methods of: \(results[3].string ?? "?")")
}

/// Answers the number of calls and of errors, the first error that is no message to a user, and the types
/// without an object to try.
private let fuzzer = #"""
  local function draw(n) state = (state*1103515245 + 12345) % 2147483648 return state // 65536 % n + 1 end

  local sde = wb.sde{ name="S", params={mu=2, sigma=1}, drift=function(x, t, p) return -p.mu*x end,
    diffusion=function(x, t, p) return p.sigma*x end }
  local plane = wb.sde{ name="P", state={"S", "v"}, drift=function(x) return {x.S, -x.v} end,
    diffusion=function(x) return {{x.S*x.v, 1}, {1, x.v^2}} end }
  local sol = wb.solve(sde, {x0=1, steps=4, paths=8, save="path", observe={y=function(x) return x end}})
  local training = {parameters=sde, solve={x0=1, steps=4, paths=5}, steps=1, loss=function(s) return s.x end}
  -- What a loss must not keep, kept.
  local kept = {}
  pcall(wb.train, {parameters=sde, solve={x0=1, steps=4}, steps=1, loss=function(s) kept[1] = s return s.x end})
  local data = {} for i = 1, 40 do data[i] = 2 + math.sin(i) end
  local objects = {
    SDE = {sde, plane}, Solution = {sol, wb.solve(plane, {x0={1, 1}, steps=4, paths=8, memory_limit=1})},
    array = {wb.zeros(3), wb.linspace(0, 1, 6):reshape(2, 3), wb.zeros(0)}, learnable = {wb.learnable(1)},
    Fit = {wb.fit(sde, data, {dt=0.1, starts=1})},
    Convergence = {wb.convergence(sde, {x0=1, levels=2, paths=20, steps=4})},
    distribution = {wb.dist.gaussian{dim=2}, wb.dist.gaussian_mixture{means={-1, 2}, stds=1}},
    loss = {wb.loss.ism{}, wb.loss.ddpm{process=wb.diffusion.vp{}}}, process = {wb.diffusion.vp{}, wb.diffusion.ou{}},
    ["loss value"] = {wb.loss.ism{}(wb.dist.gaussian{dim=2}, {{1, 2}, {3, 5}})},
    ["data transform"] = {(select(2, wb.data.standardize{{1, 2}, {3, 5}}))},
    net = {wb.nn.mlp{inputs=2, hidden={3}, outputs=2, seed=1}},
    training = {wb.train{model=wb.nn.linear{inputs=2, outputs=2}, data={{1, 2}, {3, 5}, {2, 1}}, steps=2,
                         batch=2, loss=wb.loss.ism{}}},
    ["traced solution"] = kept,
    ["compiled function"] = {wb.trace(function(x) return {x[1]*x[2], 1} end, {inputs=2})},
  }
  local cyclic = {} cyclic.a, cyclic[1] = cyclic, cyclic
  local deep = {} do local inner = deep for i = 1, 3000 do inner[1] = {} inner = inner[1] end end
  local many = {} for i = 1, 20000 do many[i] = i end
  local pool = {
    0/0, 1/0, -1/0, 1e300, -1e300, 5e-324, -1, 0, -0.0, 0.5, 1, 2, 3, 2^53, -2^53, 1e18, math.maxinteger, math.mininteger,
    "", "foo", "x", "S", "a\0b", "\xff\xfe", "%s%n", "1", "out.npy", "final", ("x"):rep(10000), true, false,
    {}, cyclic, deep, many, {1, 2}, {1, 2, 3}, {{1, 2}, {3}}, {{1, 2}, {3, 4}}, {1, "a"}, {0/0}, {1/0, 1}, {a=1}, {S=1, v=2},
    {1, nil, 3}, setmetatable({}, {__index=function() error("index") end, __len=function() return 1e9 end}),
    setmetatable({}, {__tostring=function() error("text") end}),
    function() end, function(...) return ... end, function() error("thrown") end, function() error({}) end,
    function() return 0/0 end, function() return {1, {2}} end, function(x) return x end, function(x) return {x, x} end,
    function(x) if x > 0 then return x end return -x end, print, math.sin, string.rep,
    coroutine.create(function() end), io.stdout, wb, wb.solve,
  }
  for _, list in pairs(objects) do for _, object in ipairs(list) do pool[#pool + 1] = object end end
  local absent = {}
  local function any() local n = draw(#pool + 2) if n > #pool then return nil end return pool[n] end

  local f = function(x) return -x end
  local base = {
    ["wb.sde"] = {drift=f, diffusion=f}, ["wb.solve"] = {x0=1, steps=4, paths=3},
    ["wb.convergence"] = {x0=1, steps=2, levels=2, paths=20}, ["wb.fit"] = {dt=0.1, starts=1},
    ["wb.train"] = training, ["wb.steps"] = training,
    ["wb.solver"] = {name="mine", step=function(f, g, x, t, h, dW) return x + f(x, t)*h end},
  }
  local leading = { ["wb.solve"]={sde}, ["wb.convergence"]={sde}, ["wb.fit"]={sde, data}, ["wb.trace"]={f} }

  local function options(entry)
    local t = {}
    if draw(4) > 1 then for k, v in pairs(base[entry.name] or {}) do t[k] = v end end
    for _ = 1, draw(2) do
      local name = entry.options[draw(#entry.options)]
      -- Two searches are as good as ten thousand here.
      if name ~= "starts" then t[name] = any() end
    end
    return t
  end

  local calls, failures, slip, missing = 0, 0, nil, ""
  local function try(what, f, ...)
    local ok, message = pcall(f, ...)
    calls = calls + 1
    if ok then pcall(tostring, message) return end
    failures = failures + 1
    if type(message) == "string" and message:find("internal error", 1, true) then slip = slip or what .. ": " .. message end
  end

  for _, entry in ipairs(entries) do
    local receivers = entry.type and objects[entry.type]
    if entry.type == "random source" then
      -- There only is one while an initial state is traced.
      for _ = 1, 60 do
        local a, b, n = any(), any(), draw(3) - 1
        local x0 = function(rng) return rng[entry.key](rng, table.unpack({a, b}, 1, n)) end
        try(entry.name, wb.solve, sde, {x0=x0, steps=2, paths=3})
      end
    elseif entry.type and not receivers then
      if not missing:find(entry.type, 1, true) then missing = missing .. " " .. entry.type end
    else
      for _ = 1, 60 do
        local f, arguments, n = nil, {}, 0
        if receivers then
          n, arguments[1] = 1, receivers[draw(#receivers)]
          f = arguments[1][entry.key]
          if draw(12) == 1 then arguments[1] = any() end
        else
          f = wb for part in entry.name:gmatch("[^.]+") do if part ~= "wb" then f = f[part] end end
          if leading[entry.name] and draw(5) > 1 then
            for _, value in ipairs(leading[entry.name]) do n = n + 1 arguments[n] = value end
          end
        end
        if #entry.options > 0 and draw(4) > 1 then
          n = n + 1
          arguments[n] = options(entry)
        else
          local more = draw(4) - 1
          for i = 1, more do arguments[n + i] = any() end
          n = n + more
        end
        try(entry.name, f, table.unpack(arguments, 1, n))
      end
    end
  end

  local operators = {
    function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end,
    function(a, b) return a / b end, function(a, b) return a % b end, function(a, b) return a ^ b end,
    function(a, b) return a // b end, function(a, b) return a .. b end, function(a, b) return a < b end,
    function(a, b) return a <= b end, function(a, b) return a == b end, function(a, b) return a & b end,
    function(a) return -a end, function(a) return #a end, function(a) return ~a end, function(a, b) return a(b) end,
    function(a, b) return a[b] end, function(a, b) a[b] = 1 end, function(a) for _ in pairs(a) do break end end,
    function(a) for _ in ipairs(a) do break end end, tostring, function(a) help(a) end,
  }
  for _, list in pairs(objects) do
    for _, object in ipairs(list) do
      for i, operator in ipairs(operators) do
        for _ = 1, 4 do
          try("operator " .. i, operator, object, any())
          try("operator " .. i, operator, any(), object)
        end
      end
    end
  end
  -- Coefficients that return anything, and states of any kind.
  for _ = 1, 300 do
    local value = any()
    try("wb.sde", wb.sde, {params={a=any()}, drift=function(x, t, p) return value end, diffusion=function(x, t, p) return p.a end})
    local name = ({"mu", "sigma", "nope"})[draw(3)]
    try("with", function() return sde:with{[name]=any()}:drift_at(any(), any()) end)
    try("ito", function() return plane:stratonovich():ito():diffusion_at(any(), any()) end)
    try("generator", function() return sde:generator(any())(any(), any()) end)
  end
  return calls, failures, slip, missing
  """#
