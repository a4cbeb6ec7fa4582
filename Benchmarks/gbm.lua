-- Geometric Brownian motion by Euler-Maruyama: the problem that bench.py gives to all.
local precision = wb.option("precision", "single", "single or double")
local repeats = wb.option("repeats", 5, "measurements, of which the best counts")

local paths, steps, mu, sigma = 65536, 400, 0.1, 0.3

local gbm = wb.sde{
  name = "geometric Brownian motion",
  params = { mu = mu, sigma = sigma },
  drift = function(x, t, p) return p.mu * x end,
  diffusion = function(x, t, p) return p.sigma * x end,
}

local best, sol = math.huge, nil
for i = 0, repeats do -- the first warms up
  sol = wb.solve(gbm, { x0 = 1, t = {0, 1}, steps = steps, paths = paths, method = "em",
                        precision = precision, seed = 1 + i, save = "final" })
  if i > 0 then best = math.min(best, sol.stats.ns_per_path_step) end
end

-- A wrong program must not pass for a fast one: five standard errors.
local mean = sol.x:mean()
local expected = (1 + mu / steps) ^ steps
local deviation = sol.x:std()
local error_of_mean = math.exp(mu) * math.sqrt((math.exp(sigma ^ 2) - 1) / paths)
assert(math.abs(mean - expected) < 5 * error_of_mean, "the mean is " .. mean .. ", expected " .. expected)
assert(math.abs(deviation / (expected * math.sqrt(math.exp(sigma ^ 2) - 1)) - 1) < 0.05,
  "the standard deviation is " .. deviation)

print(string.format('{"name": "ours", "precision": "%s", "ns_per_path_step": %.6f, "mean": %.9f}',
  precision, best, mean))
