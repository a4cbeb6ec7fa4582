-- The Ornstein-Uhlenbeck process dX = kappa (theta - X) dt + sigma dW: mean, variance and stationary law against
-- the closed forms.
--
--   E X_t = theta + (x0 - theta) exp(-kappa t),   Var X_t = sigma^2 (1 - exp(-2 kappa t)) / (2 kappa)
--
-- Checks: both at ten times within five standard errors and the O(h) bias of the method; the histogram of the
-- stationary law against the normal density.

local wb = require "workbench"

local kappa, theta, sigma, x0 = 1.5, 0.7, 0.4, 2
local paths = wb.option("paths", 200000, "simulated paths")

local ou = wb.sde{
  name = "OU",
  params = {kappa = kappa, theta = theta, sigma = sigma},
  drift = function(x, t, p) return p.kappa * (p.theta - x) end,
  diffusion = function(x, t, p) return p.sigma end,
}
print(ou)
assert(ou.noise == "additive")

local steps = 1000
local sol = wb.solve(ou, {x0 = x0, t = {0, 5}, steps = steps, paths = paths, save = 10})
local h = 5 / steps

print(("%6s %10s %10s %10s %10s"):format("t", "mean", "exact", "variance", "exact"))
local mean, var = sol:mean(), sol:var()
for i = 2, #sol.t do
  local t = sol.t[i]
  local m = theta + (x0 - theta) * math.exp(-kappa * t)
  local v = sigma ^ 2 * (1 - math.exp(-2 * kappa * t)) / (2 * kappa)
  print(("%6.2f %10.5f %10.5f %10.5f %10.5f"):format(t, mean[i], m, var[i], v))
  -- Euler's mean is theta + (x0 - theta)(1 - kappa h)^n and its variance is off by a factor 1 + O(kappa h).
  assert(math.abs(mean[i] - m) < 5 * math.sqrt(v / paths) + kappa * kappa * h * math.abs(x0 - theta) * t, "mean is off")
  assert(math.abs(var[i] - v) < 5 * v * math.sqrt(2 / paths) + 2 * kappa * h * v, "variance is off")
end

-- After five relaxation times and more, X is N(theta, sigma^2 / (2 kappa)).
local sd = sigma / math.sqrt(2 * kappa)
local histogram = sol:histogram{bins = 60, range = {theta - 4 * sd, theta + 4 * sd}}
local centres = wb.linspace(theta - 4 * sd, theta + 4 * sd, 61)
local density = wb.exp(-((centres - theta) / sd) ^ 2 / 2) / (sd * math.sqrt(2 * math.pi))
wb.plot{
  {histogram.edges, histogram.density, kind = "histogram", label = "simulated"},
  {centres, density, label = "N(theta, sigma²/2kappa)"},
  title = "Stationary law of the Ornstein-Uhlenbeck process", xlabel = "x", file = "ornstein_uhlenbeck.png",
}
-- The largest distance between the distribution functions (Kolmogorov-Smirnov) at the bins' edges.
local total, seen, distance = 0, 0, 0
for i = 1, #histogram.counts do total = total + histogram.counts[i] end
for i = 1, #histogram.counts do
  seen = seen + histogram.counts[i]
  local z = (histogram.edges[i + 1] - theta) / sd
  distance = math.max(distance, math.abs(seen / total - 0.5 * (1 + wb.erf(z / math.sqrt(2)))))
end
-- 1.95/√n would be exceeded by chance in one run of a thousand; the rest is room for Euler's bias.
print(("largest distance to the normal distribution function: %.5f"):format(distance))
assert(distance < 1.95 / math.sqrt(paths) + kappa * h, "the stationary law is off")
print("all checks passed")
