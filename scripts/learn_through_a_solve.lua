-- Parameters learned by gradients through a solve: a square-root process is given the mean and the variance that it is to have at
-- two times, and finds the three parameters that do it.
--
--   dX = kappa (theta - X) dt + sigma sqrt(X) dW      (Cox, Ingersoll and Ross, Econometrica 53, 1985)
--
-- Every training step solves new paths and follows the gradient of a loss of their means and variances, wb.mean(...).
-- Checks: the parameters against those whose closed forms the targets are.

local wb = require "workbench"

local truth, x0 = {kappa = 1.2, theta = 0.6, sigma = 0.35}, 1
local function moments(p, t) -- in closed form
  local e = math.exp(-p.kappa * t)
  local variance = x0 * p.sigma ^ 2 / p.kappa * (e - e ^ 2) + p.theta * p.sigma ^ 2 / (2 * p.kappa) * (1 - e) ^ 2
  return p.theta + (x0 - p.theta) * e, variance
end

local sde = wb.sde{
  name = "square root",
  params = {kappa = wb.learnable(0.4, {positive = true}), theta = wb.learnable(1.5, {positive = true}),
            sigma = wb.learnable(0.8, {positive = true})},
  drift = function(x, t, p) return p.kappa * (p.theta - x) end,
  diffusion = function(x, t, p) return p.sigma * math.sqrt(math.max(x, 0)) end,
}

local function distance(x, t) -- from the moments asked for, by their logarithms
  local mean, variance = moments(truth, t)
  local m = wb.mean(x)
  return math.log(m / mean) ^ 2 + math.log(wb.mean((x - m) ^ 2) / variance) ^ 2
end

local run = wb.train{
  parameters = sde, solve = {x0 = x0, t = {0, 2}, steps = 64, paths = 4096, method = "em"},
  loss = function(sol) return distance(sol:at(0.5), 0.5) + distance(sol.x, sol.t) end,
  steps = 600, optimizer = wb.optim.adam{lr = 0.1}, schedule = "cosine", seed = wb.option("seed", 1, "of the paths"),
}
print(run)

print(("%8s %8s %8s"):format("", "learned", "asked"))
for _, name in ipairs{"kappa", "theta", "sigma"} do
  local learned = run.model.params[name]
  print(("%8s %8.4f %8.4f"):format(name, learned, truth[name]))
  -- Euler's steps of 1/32 take some 2 % off kappa and sigma; the rest is noise.
  assert(math.abs(learned / truth[name] - 1) < 0.05, name .. " is not the one asked for")
end
assert(run.history.loss[1] > 100 * run.loss, "the loss has hardly fallen")
print("all checks passed")
