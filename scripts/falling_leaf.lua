-- A leaf falls: gravity, drag that is quadratic in the speed relative to the air, and gusts of wind that follow an
-- Ornstein-Uhlenbeck process. Two components of wind drive four of motion: position (x, y), velocity (u, v).
--
-- Shows: a system with named components, helper functions and plain `if` in a drift (below the ground nothing
-- moves). Checks: the mean terminal velocity of the fall without wind against sqrt(g/k), and that gusts slow the fall
-- (drag grows faster than linearly) and carry the leaves apart.

local wb = require "workbench"

local g, k = 9.81, 2.0        -- gravity in m/s², drag coefficient per mass in 1/m
local gust = wb.option("gust", 1.5, "standard deviation of the wind in m/s")

local function drag(relative_u, relative_v)
  local speed = math.sqrt(relative_u ^ 2 + relative_v ^ 2)
  return -k * speed * relative_u, -k * speed * relative_v
end

local leaf = wb.sde{
  name = "leaf",
  state = {"x", "y", "u", "v", "wx", "wy"},
  params = {tau = 0.5, s = gust},
  drift = function(s, t, p)
    if s.y <= 0 then return {0, 0, 0, 0, -s.wx / p.tau, -s.wy / p.tau} end
    local du, dv = drag(s.u - s.wx, s.v - s.wy)
    return {s.u, s.v, du, dv - g, -s.wx / p.tau, -s.wy / p.tau}
  end,
  -- The stationary standard deviation of each wind component is p.s.
  diffusion = function(s, t, p)
    local a = p.s * math.sqrt(2 / p.tau)
    return {{0, 0}, {0, 0}, {0, 0}, {0, 0}, {a, 0}, {0, a}}
  end,
}
print(leaf)

local start = {0, 20, 0, 0, 0, 0}
local still = wb.solve(leaf:with{s = 0}, {x0 = start, t = {0, 4}, steps = 4000, paths = 1})
local terminal = math.sqrt(g / k)
local v = still.x:at(1, 4)
print(("without wind: terminal velocity %.4f m/s, sqrt(g/k) = %.4f"):format(-v, terminal))
assert(math.abs(-v - terminal) < 1e-3 * terminal, "terminal velocity is off")

local sol = wb.solve(leaf, {x0 = start, t = {0, 6}, steps = 3000, paths = 20000, save = 60, seed = 7})
print(sol)
local fallen = 20 - sol:mean():at(31, 2)     -- by t = 3
local fallen_still = wb.solve(leaf:with{s = 0}, {x0 = start, t = {0, 3}, steps = 1500, paths = 1})
local without = 20 - fallen_still.x:at(1, 2)
print(("fallen after 3 s: %.2f m in gusts, %.2f m in still air"):format(fallen, without))
assert(fallen < without, "gusts should slow the fall")
local spread = sol:std():at(#sol.t, 1)
print(("after 6 s the leaves are ± %.2f m apart"):format(spread))
assert(spread > 0.5, "gusts should carry the leaves apart")

local xs, ys = {}, {}
for i = 1, 12 do
  local path = sol:path(i).x
  xs[i], ys[i] = path:column("x"), path:column("y")
end
local series = {title = "Twelve falling leaves", xlabel = "x in m", ylabel = "y in m", file = "falling_leaf.png", legend = false}
for i = 1, 12 do series[i] = {xs[i], ys[i], opacity = 0.7} end
wb.plot(series)
print("all checks passed")
