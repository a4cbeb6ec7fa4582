-- The equivalences of score matching, measured on models that are not optimal: untrained nets on a mixture of three
-- Gaussians, whose score is known.
--
-- Checks: each row of the tables, a measured number with its standard error, against the number that theory says;
-- rows of mistakes must be far off. One of the checks of a right program fails with a probability below 1e-5
-- (limit: 5 standard errors).

local wb = require "workbench"

local n = wb.option("n", 40000, "samples")
local limit = 5

local mix = wb.dist.gaussian_mixture{
  weights = {0.5, 0.3, 0.2}, means = {{-2.5, -1.5}, {2.5, -1.5}, {0, 2.5}}, stds = 0.5,
}
local data = mix:sample{n = n, seed = 1}
local nets = {}
for i = 1, 2 do
  nets[i] = wb.nn.mlp{inputs = 2, hidden = {16, 16}, outputs = 2, activation = "silu", init = "xavier_normal", seed = i}
end
local net = nets[1]

local rows, worst = 0, 0
--- One line of a table: `value` ± `stderr` must be `theory`, up to what theory leaves out, or must not be.
local function row(name, value, stderr, theory, left_out)
  local rounding = 1e-12 * math.max(1, math.abs(theory))
  local gap = math.max(0, math.abs(value - theory) - (tonumber(left_out) or 0))
  local z = gap / math.max(stderr, rounding)
  local verdict
  if left_out == "must differ" then
    verdict = ("differs, %.0f standard errors"):format(z)
    assert(z > limit, name .. ": should differ, but cannot be told apart")
  else
    verdict = z < limit and "holds" or "FAILS"
    worst = math.max(worst, z)
  end
  local low, high = value - 1.96 * stderr, value + 1.96 * stderr
  print(("  %-48s %10.5f  [%9.5f, %9.5f]  %10.5f  %s"):format(name, value, low, high, theory, verdict))
  assert(verdict ~= "FAILS", name .. ": " .. value .. " ± " .. stderr .. " is not " .. theory)
  rows = rows + 1
end

local function heading(text)
  print("\n" .. text)
  print(("  %-48s %10s  %-22s  %10s"):format("", "measured", "95 % interval", "theory"))
end

--- Mean and standard error of a function of one sample over the data: noise common to its terms cancels.
local function mean(f, x)
  x = x or data
  local values = wb.trace(f, {inputs = x.shape[2] or 1})(x)
  return values:mean(), values:std() / math.sqrt(#values)
end

heading("The full form is twice the half form (same directions)")
for _, name in ipairs{"esm", "ism", "ssm", "ssm_vr"} do
  local score = name == "esm" and mix.score or nil
  local full = wb.loss[name]{score = score, form = "full"}(net, data)
  local half = wb.loss[name]{score = score, form = "half"}(net, data)
  row(name .. ": full / half", full.value / half.value, 0, 2)
end

heading("SSM and SSM-VR less ISM, for directions with E vv' = I")
local ism = wb.loss.ism{}
for _, name in ipairs{"ssm", "ssm_vr"} do
  for _, law in ipairs{"rademacher", "gaussian", "sphere"} do
    local loss = wb.loss[name]{distribution = law}
    local value, stderr = mean(function(x) return loss(net, x) - ism(net, x) end)
    row(name .. ", " .. law, value, stderr, 0)
  end
end

heading("Directions on the unit sphere, E vv' = I/d: not admissible")
local function unit_vr(model, x)
  local v = wb.sphere_like(x) / math.sqrt(#x)
  local s, Jv = wb.jvp(model, x, v)
  return 2 * wb.dot(v, Jv) + wb.dot(s, s)
end
local function unit_ssm(model, x)
  local v = wb.sphere_like(x) / math.sqrt(#x)
  local s, Jv = wb.jvp(model, x, v)
  return 2 * wb.dot(v, Jv) + wb.dot(v, s) ^ 2
end
local value, stderr = mean(function(x) return unit_vr(net, x) - ism(net, x) end)
row("ssm_vr, unit sphere, less ISM", value, stderr, 0, "must differ")
row("  which is -2(1 - 1/d) E tr J", value, stderr,
  -(mean(function(x) return wb.divergence(function(y) return net(y) end, x) end)))
value, stderr = mean(function(x) return unit_ssm(net, x) - ism(net, x) end)
row("ssm, unit sphere, less ISM", value, stderr, 0, "must differ")
value, stderr = mean(function(x) return 2 * unit_ssm(net, x) - ism(net, x) end)
row("  d times it, less ISM", value, stderr, 0)

heading("ESM less ISM is E|s*|², whatever the model")
for _, form in ipairs{"full", "half"} do
  local esm, implicit = wb.loss.esm{score = mix.score, form = form}, wb.loss.ism{form = form}
  for i = 1, 2 do
    value, stderr = mean(function(x) return esm(nets[i], x) - implicit(nets[i], x) end)
    row(form .. ", net " .. i, value, stderr, mix.fisher * (form == "half" and 0.5 or 1))
  end
end

heading("DSM less ESM of the noised data is d/sigma² - E|s_sigma|², whatever the model")
for _, sigma in ipairs{0.3, 1} do
  local noised = mix:perturbed{sigma = sigma}
  local other = noised:sample{n = n, seed = 2}
  for i = 1, 2 do
    local dsm = wb.loss.dsm{sigma = sigma}(nets[i], data)
    local esm = wb.loss.esm{score = noised.score}(nets[i], other)
    row(("sigma = %g, net %d"):format(sigma, i), dsm.value - esm.value, math.sqrt(dsm.stderr ^ 2 + esm.stderr ^ 2),
      2 / sigma ^ 2 - noised.fisher)
  end
end

heading("Variances given x at s = -x on N(0, I), half form")
local function minus(x) return -1 * x end
local half = wb.loss.ism{form = "half"}
local variances = {}
for _, d in ipairs{1, 2, 10} do
  local normal = wb.dist.gaussian{dim = d}:sample{n = 2 * n, seed = d}
  local theory = {
    gaussian = {ssm = d * (d + 2) / 2, ssm_vr = 2 * d}, rademacher = {ssm = d * (d - 1) / 2, ssm_vr = 0},
  }
  for _, law in ipairs{"gaussian", "rademacher"} do
    for _, name in ipairs{"ssm", "ssm_vr"} do
      local loss = wb.loss[name]{form = "half", distribution = law}
      value, stderr = mean(function(x) return (loss(minus, x) - half(minus, x)) ^ 2 end, normal)
      row(("d = %2d, %s, %s"):format(d, law, name), value, stderr, theory[law][name])
      variances[law .. name .. d] = value
    end
  end
end
assert(variances.gaussianssm_vr1 > variances.gaussianssm1, "VR should be worse at d = 1")
assert(math.abs(variances.gaussianssm_vr2 / variances.gaussianssm2 - 1) < 0.1, "VR should tie at d = 2")
assert(variances.gaussianssm_vr10 < variances.gaussianssm10 / 2, "VR should be better at d = 10")

heading("The bias of FD-SSM is of order eps²: its ratio when eps is halved is 4 + O(eps²)")
local exact, seeds = wb.loss.ssm_vr{}, 8
for _, eps in ipairs{0.2, 0.1} do
  local ratios = {}
  for seed = 1, seeds do
    -- The same seed is the same directions: what is left is the difference's own error.
    local function bias(epsilon)
      return wb.loss.fd_ssm{epsilon = epsilon}(net, data, {seed = seed}).value - exact(net, data, {seed = seed}).value
    end
    ratios[seed] = bias(eps) / bias(eps / 2)
  end
  ratios = wb.array(ratios)
  row(("eps = %g to %g"):format(eps, eps / 2), ratios:mean(), ratios:std() / math.sqrt(seeds), 4, eps ^ 2)
end

print(("\nall %d equivalences held, the worst %.1f standard errors off (limit %d)"):format(rows, worst, limit))
