-- How long it takes from a Lua function to a plan that can run: an SDE of some twenty nodes, one path of one step.
local repeats = wb.option("repeats", 20, "measurements, of which the best counts")

-- A new function each time, so that nothing can be remembered from the time before.
local function problem(i)
  return wb.sde{
    name = "tracing " .. i,
    params = { a = 1.5 + i, b = 0.5, c = 0.1, s = 0.2 },
    drift = function(x, t, p)
      local u = p.a * math.tanh(x) - p.b * x ^ 3 + p.c * math.sin(t)
      return u / (1 + x * x) + math.exp(-x * x) * p.c
    end,
    diffusion = function(x, t, p)
      return p.s * math.sqrt(1 + x * x) * math.exp(-p.b * t)
    end,
  }
end

local best = math.huge
for i = 0, repeats do -- the first warms up
  local start = os.clock()
  wb.solve(problem(i), { x0 = 0.1, t = {0, 0.01}, steps = 1, paths = 1, method = "em", save = "final" })
  if i > 0 then best = math.min(best, os.clock() - start) end
end

print(string.format('{"name": "trace", "milliseconds": %.4f}', best * 1e3))
