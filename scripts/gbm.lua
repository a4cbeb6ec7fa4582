-- Geometric Brownian motion: the price of a call by simulation against Black and Scholes, and the strong order of
-- two methods measured with confidence intervals.
--
-- Checks: the price lies within four standard errors (plus the bias that Euler's weak error leaves) of the closed
-- form; the intervals of the orders contain 1/2 and 1.

local wb = require "workbench"

local mu, sigma = wb.option("mu", 0.05, "rate of interest"), wb.option("sigma", 0.2, "volatility")
local strike = wb.option("strike", 105, "strike of the call")

local gbm = wb.sde{
  name = "GBM",
  params = {mu = mu, sigma = sigma},
  drift = function(x, t, p) return p.mu * x end,
  diffusion = function(x, t, p) return p.sigma * x end,
}
print(gbm)

local sol = wb.solve(gbm, {
  x0 = 100, t = {0, 1}, steps = 128, paths = 200000, method = "milstein",
  observe = {call = function(x, t, p) return math.exp(-p.mu * t) * math.max(x - strike, 0) end},
})
print(sol)

local function normal_cdf(z) return 0.5 * (1 + wb.erf(z / math.sqrt(2))) end
local d1 = (math.log(100 / strike) + (mu + sigma ^ 2 / 2)) / sigma
local exact = 100 * normal_cdf(d1) - strike * math.exp(-mu) * normal_cdf(d1 - sigma)
local call = sol.observed.call
print(("call: %.4f ± %.4f simulated, %.4f by Black-Scholes"):format(call.mean, call.stderr, exact))
assert(math.abs(call.mean - exact) < 4 * call.stderr + 0.01, "the simulated price is off")

local study = wb.convergence(gbm, {
  x0 = 1, methods = {"em", "milstein"}, steps = 32, levels = 5, paths = 4000,
  exact = function(x0, t, W, p) return x0 * math.exp((p.mu - p.sigma ^ 2 / 2) * t + p.sigma * W) end,
})
print(study)
local em, milstein = study.em, study.milstein
assert(em.low < 0.5 and 0.5 < em.high or math.abs(em.order - 0.5) < 0.05, "Euler-Maruyama should have order 1/2")
assert(milstein.low < 1 and 1 < milstein.high or math.abs(milstein.order - 1) < 0.05, "Milstein should have order 1")
print("all checks passed")
