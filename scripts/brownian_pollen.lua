-- Pollen in water: Einstein's law <x²> = 2 D t from Langevin's equation of motion,
--
--   dx = v dt,   dv = -gamma v dt + gamma sqrt(2 D) dW,   D = k T / (6 pi eta r)   (Stokes-Einstein).
--
-- Shows: physical units, a degenerate noise (only the velocity is driven). Checks: the diffusion constant estimated
-- from the mean square displacement against Stokes and Einstein, at ten times, including the ballistic beginning:
-- <x²> = 2 D (t - (1 - exp(-gamma t))/gamma) for a particle in equilibrium.

local wb = require "workbench"

local kB, T, eta, radius = 1.380649e-23, 293.15, 1.0e-3, 0.5e-6      -- SI units; water at 20 °C, grain of 1 µm
local density = 1050
local mass = density * 4 / 3 * math.pi * radius ^ 3
local friction = 6 * math.pi * eta * radius
local D = kB * T / friction * 1e12           -- µm²/s
local gamma = friction / mass * 1e-6         -- per µs
print(("Stokes-Einstein: D = %.4f µm²/s, relaxation time %.4f µs"):format(D, 1 / gamma))

-- Lengths in nm, times in µs: D in nm²/µs is the same number as in µm²/s.
local pollen = wb.sde{
  name = "pollen", state = {"x", "v"},
  params = {gamma = gamma, D = D},
  drift = function(s, t, p) return {s.v, -p.gamma * s.v} end,
  diffusion = function(s, t, p) return {{0}, {p.gamma * math.sqrt(2 * p.D)}} end,
}
print(pollen)

local paths = wb.option("paths", 50000, "grains")
local sd = math.sqrt(gamma * D)              -- of the velocity in equilibrium
local span = 20 / gamma
local sol = wb.solve(pollen, {
  x0 = function(rng) return {0, sd * rng:normal()} end,
  t = {0, span}, steps = 4000, paths = paths, save = 10, seed = 3,
})
print(sol)

print(("%10s %14s %14s"):format("t in µs", "<x²> in nm²", "exact"))
local var, mean = sol:var(), sol:mean()
local times, measured, exact = {}, {}, {}
for i = 2, #sol.t do
  local t = sol.t[i]
  times[#times + 1] = t
  measured[#measured + 1] = var:at(i, 1) + mean:at(i, 1) ^ 2
  exact[#exact + 1] = 2 * D * (t - (1 - math.exp(-gamma * t)) / gamma)
  print(("%10.4f %14.5g %14.5g"):format(t, measured[#measured], exact[#exact]))
  -- Five standard errors of a mean of squares of normals, and 1 % for the steps.
  assert(math.abs(measured[#measured] / exact[#exact] - 1) < 5 * math.sqrt(2 / paths) + 0.01, "<x²> is off")
end
wb.plot{
  {times, measured, kind = "scatter", label = "simulated"}, {times, exact, label = "Langevin"},
  {times, 2 * D * wb.array(times), label = "Einstein 2Dt", dashed = true},
  title = "Mean square displacement of a grain of pollen", xlabel = "t in µs", ylabel = "<x²> in nm²",
  xscale = "log", yscale = "log", file = "brownian_pollen.png",
}
print("all checks passed")
