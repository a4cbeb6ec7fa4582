-- Learns the scores of handwritten digits, 8 × 8 pixels, at twelve noise levels, by denoising score matching
-- (Vincent 2011; Song and Ermon 2019). use_trained_model.lua draws new digits with the net that this one saves.
--
--   z = x + σe,   loss E σ²‖s(z, σ) + e/σ‖²,   σ from 4 down to 0.05 in equal ratios
--
-- The law of digits is not known, and so neither is the floor of the loss: only differences between models mean
-- something. The yardstick here is the score of a normal law with the digits' mean and covariance: the best affine
-- model, as it knows the scale of every direction, and no shape.
--
-- Checks, on digits that were not trained on, with the same noise for both models: at levels below 1, where the shape
-- of digits shows through the noise, the net's loss is on the whole at most 0.95 of the normal law's; at no level, also
-- above 1, where a normal law is nearly all there is to know, is it above 1.25 of it.
--
-- Writes digits.safetensors, digits_ladder.npz, digits_loss.png and digits_levels.png.

local wb = require "workbench"

local steps = wb.option("steps", 3000, "training steps")
local batch = wb.option("batch", 256, "samples of a step")
local rate = wb.option("rate", 2e-3, "the highest learning rate")
local width = wb.option("width", 256, "of the three hidden layers")
local levels = wb.option("levels", 12, "noise levels")
local largest = wb.option("largest", 4, "the largest noise level, about as far as two digits are apart")
local smallest = wb.option("smallest", 0.05, "the smallest noise level, somewhat less than a step of the 17 grey levels")

local pixels = wb.data.digits()
-- The split has a seed of its own: use_trained_model.lua repeats it.
local train, test = wb.data.split(pixels / 16, {validation = 0.2, seed = 1})
local mean = train:mean(1)
local spread = math.sqrt(train:var(1):mean())
train, test = train - mean, test - mean
local sigmas = largest * (smallest / largest) ^ (wb.range(0, levels - 1) / (levels - 1))

-- The net's input and output are scaled to variance 1 at every level (Karras et al. 2022): it gives what a normal law
-- of the digits' overall spread would not know.
local net = wb.nn.mlp{
  inputs = 64, hidden = {width, width, width}, outputs = 64, residual = true, time = "log_fourier", time_features = 32,
}
local function score(z, sigma)
  local v = sigma ^ 2 + spread ^ 2
  return net(z / wb.sqrt(v), sigma) * (spread / (sigma * wb.sqrt(v))) - z / v
end

local dsm = wb.loss.dsm{sigmas = sigmas}
local run = wb.train{
  model = net, data = train, loss = function(model, x) return dsm(score, x) end, validation = test,
  steps = steps, batch = batch, optimizer = wb.optim.adam{lr = rate}, schedule = wb.optim.one_cycle{rise = 0.1}, ema = 0.999,
}
print(run)
print(("%.0f s, %.0f steps a second"):format(run.seconds, run.step / run.seconds))
net:save("digits.safetensors")
wb.save("digits_ladder.npz", {sigmas = sigmas, mean = mean, spread = wb.array{spread}})
run:plot{title = "Denoising score matching on digits", ylabel = "dsm", file = "digits_loss.png"}

-- Each level on its own, on the digits kept apart, with the same noise for both models.
local normal = wb.dist.gaussian{mean = train:mean(1), cov = train:cov() + 1e-6 * wb.eye(64)}
local learned, affine = {}, {}
print(("%8s %18s %18s"):format("sigma", "net", "normal law"))
for i, sigma in ipairs(sigmas:totable()) do
  local loss = wb.loss.dsm{sigma = sigma, weighting = "sigma2"}
  local a = loss(function(z) return score(z, sigma) end, test)
  local b = loss(normal:perturbed{sigma = sigma}, test)
  print(("%8.4f %10.3f ± %5.3f %10.3f ± %5.3f"):format(sigma, a.value, a.stderr, b.value, b.stderr))
  learned[i], affine[i] = a.value, b.value
end

wb.plot{
  {sigmas, wb.array(learned), label = "net"},
  {sigmas, wb.array(affine), label = "normal law of the same covariance", dashed = true},
  title = "Denoising loss on digits not trained on", xlabel = "noise level σ", ylabel = "E‖e - ê‖²", xscale = "log",
  yscale = "log", file = "digits_levels.png",
}
local net_sum, affine_sum = 0, 0
for i, sigma in ipairs(sigmas:totable()) do
  assert(learned[i] <= 1.25 * affine[i], ("at noise level %.3g the net is much worse than a normal law"):format(sigma))
  if sigma < 1 then net_sum, affine_sum = net_sum + learned[i], affine_sum + affine[i] end
end
print(("below noise level 1: %.3f of the normal law's loss"):format(net_sum / affine_sum))
assert(net_sum <= 0.95 * affine_sum, "the net is hardly better than a normal law: more training steps")
print("all checks passed")
