-- Sixty years of the U.S. ten-year Treasury rate: which power law does its volatility follow?
--
-- Shows: reading real data, an SDE in plain Lua, fitting by likelihood, model comparison by AIC, simulating the
-- fit, a fan chart. Checks: the estimates against values published for this model and data (the free optimum of
-- the Euler likelihood; Kirkby et al., J. Stat. Softw. 113(4), 2025 use the same series).

local wb = require "workbench"

local paths = wb.option("paths", 100000, "simulated paths")
local years = wb.option("years", 10, "how far to simulate")
local folder = arg[0]:match("^(.*)/") or "."

local data = wb.load(folder .. "/data/DGS10.csv")
local rate = data:column("Rate")
local dt = 1 / 252
print(("%d daily rates, %s to %s, last %.2f %%"):format(#rate, wb.date(data.Date[1]), wb.date(data.Date[#data]), rate[#rate]))

-- dX = kappa (theta - X) dt + sigma X^gamma dW, the model of Chan, Karolyi, Longstaff and Sanders (1992).
local function ckls(gamma)
  return wb.sde{
    name = "CKLS",
    params = {
      kappa = wb.learnable(0.1), theta = wb.learnable(5),
      sigma = wb.learnable(0.5, {positive = true}), gamma = gamma,
    },
    drift = function(x, t, p) return p.kappa * (p.theta - x) end,
    -- Euler steps can cross zero, where x^gamma is not defined: full truncation (Lord, Koekkoek, van Dijk 2010).
    diffusion = function(x, t, p) return p.sigma * math.max(x, 0) ^ p.gamma end,
  }
end

local fits = {}
for _, case in ipairs{ {"0", 0}, {"1/2", 0.5}, {"1", 1}, {"free", wb.learnable(0.5, {lower = 0, upper = 2})} } do
  local fit = wb.fit(ckls(case[2]), rate, {dt = dt, method = "euler"})
  fits[#fits + 1] = {name = case[1], fit = fit}
end

print()
print(fits[4].fit)
print()
print(("%-6s %12s %12s %10s"):format("gamma", "log-lik", "AIC", "ΔAIC"))
local best = math.huge
for _, f in ipairs(fits) do best = math.min(best, f.fit.aic) end
for _, f in ipairs(fits) do
  print(("%-6s %12.3f %12.3f %10.3f"):format(f.name, f.fit.loglik, f.fit.aic, f.fit.aic - best))
end

-- Ten years of the fitted model from the last observation.
local fit = fits[4].fit
local sol = wb.solve(fit.sde, {
  x0 = rate[#rate], t = {0, years}, steps = 252 * years, paths = paths, save = 12 * years, method = "em", seed = 42,
  precision = "double",
})
print()
print(sol)

-- In the form drift = a + b X: a = kappa theta, b = -kappa.
local p = fit.params
local a, b = p.kappa * p.theta, -p.kappa
local function check(name, value, expected, tolerance)
  assert(math.abs(value - expected) <= tolerance,
    ("%s = %.6f, expected %.6f ± %g"):format(name, value, expected, tolerance))
end
check("a", a, 0.2631, 0.001)
check("b", b, -0.0500, 0.0003)
check("sigma", p.sigma, 0.5587, 0.0005)
check("gamma", p.gamma, 0.3378, 0.0005)
check("log-likelihood", fit.loglik, 20275.713, 0.002)
print(("a = %.4f, b = %.4f, sigma = %.4f, gamma = %.4f, log-likelihood %.3f: as published"):format(
  a, b, p.sigma, p.gamma, fit.loglik))

local probabilities = {0.05, 0.25, 0.5, 0.75, 0.95}
local quantiles = wb.array(sol:quantile(probabilities))
local last = data.Date[#data]
wb.plot{
  {data.Date, rate, label = "ten-year rate", color = "ink", width = 0.8},
  {last + 365.25 * sol.t, quantiles, kind = "fan", probabilities = probabilities},
  title = "U.S. ten-year Treasury rate and the fitted CKLS model", ylabel = "percent per year",
  xscale = "date", file = "treasury_fan.png",
}
print("fan chart written")
