-- Learns the score of a mixture of three Gaussians in the plane from samples alone, by sliced score matching with
-- variance reduction, and samples with what it learned.
--
--   p = Σ w_k N(m_k, ½² I),  w = (0.5, 0.3, 0.2),  m = (-2.5, -1.5), (2.5, -1.5), (0, 2.5)
--   dX = s(X) dt + √2 dW has the stationary law p if s = ∇ log p
--
-- The training never sees the density. It is known here, so that the result can be judged on samples that it did not
-- see either. Langevin's dynamics hardly moves mass between modes that are eight standard deviations apart: it starts
-- from the law with noise of standard deviation 0.5 added, which has the right weights and is √2 too wide around each
-- mode, and has that to correct.
--
-- Checks:
--   the implicit loss E[½‖s‖² + tr ∂s/∂x] is within 0.1 of the least value of all, -½ E‖∇ log p‖² = -3.99978;
--   the Fisher divergence E‖s - ∇ log p‖² (full form, without ½) is at most 0.1;
--   by the energy distance, at the level of 1 %, the Langevin samples are not told from the law, and their starts are.

local wb = require "workbench"

local steps = wb.option("steps", 2500, "training steps")
local batch = wb.option("batch", 512, "samples of a step")
local rate = wb.option("rate", 4e-3, "the highest learning rate")
local count = wb.option("data", 200000, "training samples")
local seed = wb.option("data_seed", 1, "of the training samples; --seed is that of the net and of the training")
local paths = wb.option("paths", 3000, "Langevin samples")
local time = wb.option("langevin", 1.5, "time of the Langevin dynamics")

local law = wb.dist.gaussian_mixture{
  weights = {0.5, 0.3, 0.2}, means = {{-2.5, -1.5}, {2.5, -1.5}, {0, 2.5}}, stds = 0.5,
}

-- Training.
local net = wb.nn.mlp{inputs = 2, hidden = {128, 128}, outputs = 2, activation = "silu"}
local run = wb.train{
  model = net, data = law:sample{n = count, seed = seed}, loss = wb.loss.ssm_vr{form = "half"}, oracle = law,
  steps = steps, batch = batch, optimizer = wb.optim.adam{lr = rate}, schedule = wb.optim.one_cycle{rise = 0.1}, ema = 0.999,
}
print(run)
print(("%.0f s, %.0f steps a second"):format(run.seconds, run.step / run.seconds))
net:save("score_2d.safetensors")
run:plot{title = "Sliced score matching with variance reduction", yrange = {-5, 0.5}, file = "score_2d_loss.png"}

-- The learned score, on samples that were not trained on.
local fresh = law:sample{n = 50000, seed = seed + 1}
local ism = wb.loss.ism{form = "half"}(net, fresh, {oracle = law})
local fisher = wb.loss.esm{score = law.score}(net, fresh, {oracle = law})
print(ism)
print(fisher)
assert(math.abs(ism.value - ism.floor) <= 0.1, "the implicit loss is off its least value by more than 0.1")
assert(fisher.value <= 0.1, "the Fisher divergence is above 0.1")

-- Langevin samples, each started and driven on its own, so that they are independent draws.
local langevin = wb.sde{
  name = "Langevin", dim = 2, params = {score = net},
  drift = function(x, t, p) return p.score(x) end,
  diffusion = function() return {math.sqrt(2), math.sqrt(2)} end,
}
local start = law:perturbed{sigma = 0.5}:sample{n = paths, seed = seed + 2}
local samples = wb.solve(langevin, {x0 = start, t = time, dt = 1 / 200, paths = paths, precision = "single"}).x
local truth = law:sample{n = paths, seed = seed + 3}
local before, after = wb.distance.energy(start, truth), wb.distance.energy(samples, truth)
print(("start:    %s"):format(before))
print(("Langevin: %s"):format(after))

-- The field over the samples. The score grows without bound away from the modes: long arrows are shortened.
local grid, n = {}, 24
for i = 0, n do
  for j = 0, n do grid[#grid + 1] = {-4.5 + 9 * i / n, -4 + 9 * j / n} end
end
grid = wb.array(grid)
local x, y = grid:column(1), grid:column(2)
local function shortened(field)
  local a, b = field:column(1), field:column(2)
  local length = wb.sqrt(a ^ 2 + b ^ 2) + 1e-9
  local scale = 0.35 * wb.tanh(length / 4) / length
  return a * scale, b * scale
end
local dx, dy = shortened(net(grid))
local ex, ey = shortened(law.score(grid))
wb.plot{
  {samples:column(1), samples:column(2), kind = "scatter", label = "Langevin samples", opacity = 0.4, color = 1},
  {x, y, ex, ey, kind = "vectors", label = "true score", color = 2},
  {x, y, dx, dy, kind = "vectors", label = "learned score", color = "ink"},
  title = "Score learned from samples (long arrows shortened)", xlabel = "x1", ylabel = "x2", size = {760, 720}, legend = "outside",
  file = "score_2d.png",
}
assert(before.p_value <= 0.01, "the test does not tell the starts from the law: it would tell nothing of the samples")
assert(after.p_value > 0.01, "the Langevin samples are told from the law: more training steps, or a longer time")
print("all checks passed")
