-- Losses of three lines: sliced, implicit and denoising score matching written with wb.jvp and wb.divergence, and
-- training on one.
--
-- Checks: each equals the built-in loss to rounding, on every sample, with the same random numbers; training on the
-- own loss goes the same way as on the built-in one; wb.check finds the own losses right, and names what is wrong
-- with a broken one.

local wb = require "workbench"

local sigma = 0.5
local own = {}

function own.ssm(model, x)
  local v = wb.rademacher_like(x)
  local s, Jv = wb.jvp(model, x, v)
  return 2 * wb.dot(v, Jv) + wb.dot(v, s) ^ 2
end

function own.ssm_vr(model, x)
  local v = wb.rademacher_like(x)
  local s, Jv = wb.jvp(model, x, v)
  return 2 * wb.dot(v, Jv) + wb.dot(s, s)
end

function own.dsm(model, x)
  local e = wb.normal_like(x)
  local r = model(x + sigma * e) + e / sigma
  return wb.dot(r, r)
end

function own.ism(model, x)
  local s = model(x)
  return wb.dot(s, s) + 2 * wb.divergence(function(y) return model(y) end, x)
end

local built_in = {
  ssm = wb.loss.ssm{}, ssm_vr = wb.loss.ssm_vr{}, dsm = wb.loss.dsm{sigma = sigma}, ism = wb.loss.ism{},
}

local mix = wb.dist.gaussian_mixture{
  weights = {0.5, 0.3, 0.2}, means = {{-2.5, -1.5}, {2.5, -1.5}, {0, 2.5}}, stds = 0.5,
}
local x = mix:sample{n = 5000, seed = 1}
local function new_net()
  return wb.nn.mlp{inputs = 2, hidden = {32, 32}, outputs = 2, activation = "silu", seed = 3, precision = "double"}
end

print("own against built-in, the greatest difference of one sample's loss:")
local net = new_net()
for _, name in ipairs{"ssm", "ssm_vr", "dsm", "ism"} do
  local mine = wb.trace(function(y) return own[name](net, y) end, {inputs = 2})(x)
  local theirs = wb.trace(function(y) return built_in[name](net, y) end, {inputs = 2})(x)
  local gap = wb.abs(mine - theirs):max() / wb.abs(theirs):max()
  print(("  %-7s %.1e of the greatest loss"):format(name, gap))
  assert(gap < 1e-13, name .. ": the own loss is not the built-in one")
  -- Over data the built-in loss has the same mean, with the same random numbers.
  local value = built_in[name](net, x, {seed = 1}).value
  assert(math.abs(value - mine:mean()) < 1e-10 * math.abs(value) + 1e-10, name .. ": another mean over the data")
end

print("\ntraining 300 steps on ssm_vr:")
local function trained(loss)
  local model = new_net()
  local run = wb.train{
    model = model, data = x, loss = loss, steps = 300, batch = 128, optimizer = wb.optim.adam{lr = 3e-3}, seed = 4,
  }
  return model, run
end
local a, run_a = trained(own.ssm_vr)
local b, run_b = trained(built_in.ssm_vr)
local gap = wb.abs(a(x) - b(x)):max() / wb.abs(b(x)):max()
print(("  loss %.6f with the own one, %.6f with the built-in one; scores differ by %.1e"):format(
  run_a.loss, run_b.loss, gap))
assert(gap < 1e-6, "the own loss trains another net")
assert(run_b.loss < built_in.ssm_vr(new_net(), x).value - 1, "training should lower the loss")

print("\nwhat wb.check says:")
for _, name in ipairs{"ssm", "ssm_vr", "dsm", "ism"} do
  local check = wb.check(own[name], mix, {sigma = name == "dsm" and sigma or nil})
  print(("  %-7s %s"):format(name, check.verdict))
  assert(check.ok, name .. " should be right")
end
local broken = wb.check(function(model, y)
  local v = wb.sphere_like(y) / math.sqrt(#y)
  local s, Jv = wb.jvp(model, y, v)
  return 2 * wb.dot(v, Jv) + wb.dot(s, s)
end, mix)
print("  broken  " .. broken.verdict)
assert(not broken.ok and math.abs(broken.scale - 0.5) < 0.05, "unit directions should be found out")
print("\nall checks passed")
