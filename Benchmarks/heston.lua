-- Heston's model, two components with correlated noise, by Euler-Maruyama: what a second dimension costs.
local precision = wb.option("precision", "single", "single or double")
local repeats = wb.option("repeats", 5, "measurements, of which the best counts")

local heston = wb.sde{
  name = "Heston",
  state = {"S", "v"},
  params = { mu = 0.05, kappa = 2, theta = 0.04, xi = 0.3, rho = -0.7 },
  drift = function(x, t, p) return { p.mu * x.S, p.kappa * (p.theta - x.v) } end,
  diffusion = function(x, t, p)
    local s = math.sqrt(math.max(x.v, 0))
    return { {s * x.S, 0}, {p.rho * p.xi * s, p.xi * s * math.sqrt(1 - p.rho ^ 2)} }
  end,
}

local best, sol = math.huge, nil
for i = 0, repeats do -- the first warms up
  sol = wb.solve(heston, { x0 = {1, 0.04}, t = {0, 1}, steps = 400, paths = 65536, method = "em",
                           precision = precision, seed = 1 + i, save = "final" })
  if i > 0 then best = math.min(best, sol.stats.ns_per_path_step) end
end

-- E S = exp(mu), and the variance starts and stays at theta in the mean.
local price, variance = sol.x:column("S"), sol.x:column("v")
assert(math.abs(price:mean() - math.exp(0.05)) < 5 * price:std() / 256, "the mean price is " .. price:mean())
assert(math.abs(variance:mean() - 0.04) < 5 * variance:std() / 256 + 1e-3, "the mean variance is " .. variance:mean())

print(string.format('{"name": "heston", "precision": "%s", "ns_per_path_step": %.6f, "mean": %.9f}',
  precision, best, price:mean()))
