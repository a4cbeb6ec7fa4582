-- Draws new digits with the net that train_digits.lua saved: annealed Langevin dynamics (Song and Ermon 2019), one
-- wb.solve for each noise level, from the largest to the smallest, each started where the one before ended.
--
--   dX = σ² s(X, σ) dt + √2 σ dW   at the level σ; its stationary law is that of the digits with noise σ added
--   x = X + σ² s(X, σ)             at the end: the mean of the digits that X can have come from (Tweedie)
--
-- Run train_digits.lua first, with the same --out.
--
-- The yardsticks are samples of a normal law with the digits' mean and covariance on the one side and other digits on
-- the other. In 64 dimensions the energy distance sees means and covariances and hardly any shape: it does not tell
-- the normal law from digits. Nearest neighbours do.
--
-- Checks: the nearest neighbours tell the samples from digits that were not trained on less often than they tell the
-- normal law; from a sample to the nearest digit that was trained on is nearer than from the normal law, and no nearer
-- than half of what it is from other digits (copies would have no distance); all ten digits are drawn.
--
-- Writes digits_samples.png.

local wb = require "workbench"

local model = wb.option("model", "digits.safetensors", "the net; a relative path is one in the output folder")
local ladder = wb.option("ladder", "digits_ladder.npz", "the noise levels and the scales of the data, the same")
local count = wb.option("samples", 360, "digits to draw")
local steps = wb.option("steps", 60, "steps at each noise level")
local time = wb.option("langevin", 3, "time at each noise level")

local function made(load, path)
  local ok, content = pcall(load, wb.artifact(path))
  if ok then return content end
  error(tostring(content):match("[^\n]*") .. ": run scripts/train_digits.lua first, with the same --out", 0)
end
local net = made(wb.nn.load, model)
local known = made(wb.load, ladder)
local mean, spread = known.mean, known.spread[1]
print(tostring(net):match("[^\n]*"))

local function score(net, z, sigma)
  local v = sigma ^ 2 + spread ^ 2
  return net(z / wb.sqrt(v), sigma) * (spread / (sigma * wb.sqrt(v))) - z / v
end
local langevin = wb.sde{
  name = "Langevin", dim = 64, params = {net = net, sigma = 1},
  drift = function(x, t, p) return p.sigma ^ 2 * score(p.net, x, p.sigma) end,
  diffusion = function(x, t, p)
    local g = {}
    for i = 1, 64 do g[i] = math.sqrt(2) * p.sigma end
    return g
  end,
}

local sigmas = known.sigmas:totable()
local x = wb.dist.gaussian{dim = 64, std = math.sqrt(sigmas[1] ^ 2 + spread ^ 2)}:sample{n = count, seed = 1}
for i, sigma in ipairs(sigmas) do
  -- A seed of its own for each level: noise that returns would not be noise.
  local sol = wb.solve(langevin:with{sigma = sigma}, {
    x0 = x, t = time, steps = steps, paths = count, precision = "single", seed = 100 + i,
  })
  x = sol.x
  wb.progress(i, #sigmas, "annealing")
end
local last = sigmas[#sigmas]
x = x + last ^ 2 * score(net, x, last)

-- The digits that the net has seen and has not seen, and a normal law.
local pixels, labels = wb.data.digits()
local train, test = wb.data.split(pixels / 16, {validation = 0.2, seed = 1})
local seen = wb.data.split(labels, {validation = 0.2, seed = 1})
x, train = x + mean, train
local normal = wb.dist.gaussian{mean = mean, cov = train:cov() + 1e-6 * wb.eye(64)}:sample{n = count, seed = 2}

local cases = {{"samples of the net", x}, {"digits", train:rows(1, count)}, {"normal law", normal}}
for _, case in ipairs(cases) do
  case.energy, case.told = wb.distance.energy(case[2], test), wb.distance.c2st(case[2], test)
  print(("%s against digits not trained on:\n  %s\n  %s"):format(case[1], case.energy, case.told))
end

-- The nearest of the digits trained on: its distance, and which digit it is.
local function nearest(a)
  local squared = (a ^ 2):sum(2):reshape(a.shape[1], 1) + (train ^ 2):sum(2) - 2 * wb.matmul(a, train:transpose())
  local distance, count = 0, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
  for i = 1, a.shape[1] do
    local row = squared:rows(i, i)
    local k = row:argmin()
    distance = distance + math.sqrt(math.max(row:at(1, k), 0)) / a.shape[1]
    count[seen[k] + 1] = count[seen[k] + 1] + 1 / a.shape[1]
  end
  return distance, count
end
print("nearest digit trained on: mean distance, and share of each digit 0 to 9 in per cent")
local shares = {}
for _, case in ipairs(cases) do
  -- Digits that were trained on would find themselves.
  local distance, count = nearest(case[1] == "digits" and test or case[2])
  for d = 1, 10 do shares[d] = ("%3.0f"):format(100 * count[d]) end
  print(("  %-18s %5.3f  %s"):format(case[1], distance, table.concat(shares, " ")))
  case.distance, case.count = distance, count
end

-- A picture of pictures: eight rows of ten, samples on the left and digits on the right.
local rows, columns, gap = 8, 10, 2
local picture = {}
local height, wide = rows * (8 + gap) + gap, 2 * (columns * (8 + gap) + gap) + gap
for i = 1, height do
  picture[i] = {}
  for j = 1, wide do picture[i][j] = 0 end
end
local function paste(set, left)
  for n = 0, rows * columns - 1 do
    local top, side = gap + n // columns * (8 + gap), left + gap + n % columns * (8 + gap)
    for i = 1, 8 do
      for j = 1, 8 do
        -- The first row of a heatmap is at the bottom.
        picture[height + 1 - top - i][side + j] = math.min(1, math.max(0, set:at(n + 1, 8 * (i - 1) + j)))
      end
    end
  end
end
paste(x, 0)
paste(test, wide // 2)
wb.plot{
  {picture, kind = "heatmap"},
  title = "Drawn by the net (left), written by people (right)", size = {1000, 420}, file = "digits_samples.png",
}

local net_case, digit_case, normal_case = table.unpack(cases)
assert(net_case.told.value < normal_case.told.value, "neighbours tell the samples from digits as often as a normal law")
assert(net_case.distance < normal_case.distance, "the samples are as far from digits as a normal law is")
assert(net_case.distance > digit_case.distance / 2, "the samples are copies of digits that were trained on")
for d = 1, 10 do assert(net_case.count[d] > 0, "the net draws no digit " .. d - 1) end
print("all checks passed")
