-- The gradient of a mean over paths in four parameters, through a solve of 400 steps by Euler-Maruyama, beside the
-- solve alone: in the same process, in turn, by the processor's time, which other programs on the core add little to.
local precision = wb.option("precision", "single", "single or double")
local name = wb.option("model", "linear", "linear or ckls")
local repeats = wb.option("repeats", 4, "measurements, of which the best counts")

local paths, steps, x0 = 32768, 400, 1

local models = {
  -- A step of four operations: there is least to hide behind.
  linear = {
    params = {a = 0.3, b = -0.5, c = 0.1, d = 0.2},
    drift = function(x, t, p) return p.a + p.b * x end,
    diffusion = function(x, t, p) return p.c + p.d * x end,
  },
  -- Chan, Karolyi, Longstaff and Sanders: a power in every step.
  ckls = {
    params = {a = 0.3, b = -0.5, sigma = 0.2, gamma = 0.9},
    drift = function(x, t, p) return p.a + p.b * x end,
    diffusion = function(x, t, p) return p.sigma * x ^ p.gamma end,
  },
}
local sde = wb.sde(models[name])
local solve = {x0 = x0, t = {0, 1}, steps = steps, paths = paths, method = "em", precision = precision}

local function solved(changes)
  local options = {save = "final"}
  for _, given in ipairs{solve, changes} do for key, value in pairs(given) do options[key] = value end end
  local start = os.clock()
  wb.solve(sde, options)
  return os.clock() - start
end

-- The rate is so small that the parameters stay as they are, but for the last step's, which shows the gradient.
local forward, back, planning, rate = math.huge, math.huge, math.huge, 1e-6
local first, start
for state in wb.steps{
  parameters = sde, loss = function(sol) return sol.x end, solve = solve, steps = repeats + 1,
  optimizer = wb.optim.sgd{lr = rate},
} do
  if state.step > 1 then -- the first warms up
    back = math.min(back, os.clock() - start)
    forward = math.min(forward, solved{seed = state.step})
    planning = math.min(planning, solved{steps = 1, paths = 1})
  else
    first = state.training.model.params
    solved{seed = 1}
  end
  start = os.clock()
end
-- A training is planned before its first step.
forward = forward - planning

-- A wrong gradient must not pass for a fast one. The mean follows the drift, m' = m + (a + b m) h, and so do its derivatives.
local m, da, db, h = x0, 0, 0, 1 / steps
local p = sde.params
for _ = 1, steps do
  m, da, db = m + (p.a + p.b * m) * h, da + (1 + p.b * da) * h, db + (m + p.b * db) * h
end
for key, expected in pairs{a = da, b = db} do
  local found = (p[key] - first[key]) / rate
  assert(math.abs(found / expected - 1) < 0.02, "the derivative in " .. key .. " is " .. found .. ", expected " .. expected)
end

local count = paths * steps / 1e9
print(string.format('{"name": "gradient", "model": "%s", "precision": "%s", "solve_ns": %.6f, "gradient_ns": %.6f, "ratio": %.4f}',
  name, precision, forward / count, back / count, back / forward))
