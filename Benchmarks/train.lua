-- One training step of score matching: the problem that peers/common_train.py describes.
local kind = wb.option("loss", "ssm_vr", "ssm_vr or dsm")
local name = wb.option("net", "small", "small: MLP 2-128-128-2; large: MLP 64-512-512-64")
local batch = wb.option("batch", 256, "samples of a step")
local budget = wb.option("seconds", 4.0, "how long to measure")
local least_steps = wb.option("steps", 0, "and how many steps at least")

local rows, sigma = 65536, 0.1
local nets = { small = { 2, 128 }, large = { 64, 512 } }
assert(nets[name], "net must be small or large, got " .. name)
local d, width = table.unpack(nets[name])

-- With the least value of each: the best score of N(0, I) is -x.
local losses = {
  ssm_vr = { wb.loss.ssm_vr{ form = "half" }, -d / 2 },
  dsm = { wb.loss.dsm{ form = "half", sigma = sigma }, d / 2 * (1 / sigma ^ 2 - 1 / (1 + sigma ^ 2)) },
}
assert(losses[kind], "loss must be ssm_vr or dsm, got " .. kind)
local loss, least = table.unpack(losses[kind])

local net = wb.nn.mlp{ inputs = d, hidden = { width, width }, outputs = d, activation = "silu", precision = "single" }

-- The best of many short windows, so that one of them is not interrupted where the machine is shared. The training
-- counts its own time, which is that of wb.train: what this loop costs is not in it. Beside it stands the best by the
-- processor's time of the program, loop and all, which does not count interruptions.
local best, best_cpu, values, warm = math.huge, math.huge, {}, 8
local steps, window, begun, seconds, cpu = 0, nil, nil, nil, nil
for state in wb.steps{
  model = net, data = wb.dist.gaussian{ dim = d }:sample{ n = rows }, loss = loss, steps = 1000000000, batch = batch,
  optimizer = wb.optim.adam{ lr = 1e-3 },
} do
  steps = steps + 1
  if steps == warm // 2 then
    seconds = state.training.seconds
  elseif steps == warm then
    local now = state.training.seconds
    window = math.max(1, math.floor(0.004 / ((now - seconds) / (warm - warm // 2))))
    begun, seconds, cpu = now, now, os.clock()
  elseif steps > warm and (steps - warm) % window == 0 then
    local now, cpu_now = state.training.seconds, os.clock()
    best, best_cpu = math.min(best, (now - seconds) / window), math.min(best_cpu, (cpu_now - cpu) / window)
    values[#values + 1] = state.loss
    if now - begun > budget and steps >= least_steps then break end
    seconds, cpu = now, os.clock()
  end
end

-- A wrong program must not pass for a fast one: the loss is near its least value, unless a net has had so few steps
-- that it says nothing yet. Of dsm one sample has the standard deviation sqrt(d/2)/sigma^2, of which five standard
-- errors are allowed.
local count, sum = math.min(#values, math.max(10, #values // 4)), 0
for i = #values - count + 1, #values do sum = sum + values[i] end
local value, allowed = sum / count, 0.35 * math.abs(least)
if kind == "dsm" then allowed = 0.03 * least + 5 * math.sqrt(d / 2 / (batch * count)) / sigma ^ 2 end
assert(steps < 200 or math.abs(value - least) < allowed, "the loss is " .. value .. ", expected about " .. least)

print(string.format('{"name": "ours", "loss": "%s", "net": "%s", "batch": %d, "us_per_step": %.3f, '
  .. '"cpu_us_per_step": %.3f, "value": %.6f}', kind, name, batch, best * 1e6, best_cpu * 1e6, value))
