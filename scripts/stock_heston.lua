-- A stock with stochastic volatility (Heston 1993): two correlated noises, an `if` that keeps the variance's root
-- real, the price of a call with its standard error, and the smile of implied volatility.
--
--   dS = mu S dt + sqrt(v) S dW1,   dv = kappa (theta - v) dt + xi sqrt(v) (rho dW1 + sqrt(1 - rho²) dW2)
--
-- Checks: E S_T and E v_T against their closed forms; the call with xi -> 0 against Black and Scholes.

local wb = require "workbench"

local paths = wb.option("paths", 100000, "simulated paths")

local heston = wb.sde{
  name = "Heston", state = {"S", "v"},
  params = {mu = 0.03, kappa = 2, theta = 0.04, xi = 0.3, rho = -0.7},
  drift = function(x, t, p) return {p.mu * x.S, p.kappa * (p.theta - x.v)} end,
  diffusion = function(x, t, p)
    local s = 0
    if x.v > 0 then s = math.sqrt(x.v) end          -- full truncation: Lord, Koekkoek, van Dijk (2010)
    return {{s * x.S, 0}, {p.rho * p.xi * s, p.xi * s * math.sqrt(1 - p.rho ^ 2)}}
  end,
}
print(heston)

local x0 = {100, 0.09}
local strikes = {80, 90, 100, 110, 120}
local observe = {}
for _, K in ipairs(strikes) do
  observe["call" .. K] = function(x, t, p) return math.exp(-p.mu * t) * math.max(x.S - K, 0) end
end
local sol = wb.solve(heston, {x0 = x0, t = {0, 1}, steps = 200, paths = paths, observe = observe, seed = 11})
print(sol)

local p = heston.params
local mean, stderr = sol:mean(), sol:stderr()
local ES = 100 * math.exp(p.mu)
local Ev = p.theta + (x0[2] - p.theta) * math.exp(-p.kappa)
print(("E S = %.4f ± %.4f, exact %.4f;  E v = %.5f ± %.5f, exact %.5f"):format(mean[1], stderr[1], ES, mean[2], stderr[2], Ev))
assert(math.abs(mean[1] - ES) < 5 * stderr[1] + 0.02, "E S is off")
assert(math.abs(mean[2] - Ev) < 5 * stderr[2] + 0.0005, "E v is off")

-- Black and Scholes, and its volatility by bisection.
local function Phi(z) return 0.5 * (1 + wb.erf(z / math.sqrt(2))) end
local function black_scholes(K, vol)
  local d1 = (math.log(100 / K) + p.mu + vol ^ 2 / 2) / vol
  return 100 * Phi(d1) - K * math.exp(-p.mu) * Phi(d1 - vol)
end
local function implied(K, price)
  local low, high = 0.01, 2
  for _ = 1, 60 do
    local middle = (low + high) / 2
    if black_scholes(K, middle) < price then low = middle else high = middle end
  end
  return (low + high) / 2
end
print(("%8s %10s %10s %10s"):format("strike", "call", "± s.e.", "implied"))
local smile = {}
for i, K in ipairs(strikes) do
  local call = sol.observed["call" .. K]
  smile[i] = implied(K, call.mean)
  print(("%8d %10.4f %10.4f %10.4f"):format(K, call.mean, call.stderr, smile[i]))
end
assert(smile[1] > smile[3] and smile[3] > smile[5], "a negative correlation should tilt the smile downwards")

-- Without volatility of volatility, and v at its mean, this is Black and Scholes with 20 %.
local flat = wb.solve(heston:with{xi = 0}, {
  x0 = {100, 0.04}, t = {0, 1}, steps = 200, paths = paths, seed = 5,
  observe = {call = function(x, t, p) return math.exp(-p.mu * t) * math.max(x.S - 100, 0) end},
})
local call = flat.observed.call
print(("xi = 0: call %.4f ± %.4f, Black-Scholes %.4f"):format(call.mean, call.stderr, black_scholes(100, 0.2)))
assert(math.abs(call.mean - black_scholes(100, 0.2)) < 5 * call.stderr + 0.01, "the call is off")

wb.plot{
  {strikes, smile, kind = "line", label = "Heston"}, title = "Implied volatility of one-year calls",
  xlabel = "strike", ylabel = "implied volatility", file = "stock_heston.png",
}
print("all checks passed")
