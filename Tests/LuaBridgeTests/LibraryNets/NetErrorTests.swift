import Foundation
import Testing

/// One clear sentence for what cannot be.
@Suite struct NetErrorTests {
  @Test(arguments: [
    ("wb.nn.mlp{inputs = 2, activation = 'sillu'}", "did you mean \"silu\"?"),
    ("wb.nn.mlp{inputs = 2, hiden = {3}}", "unknown option 'hiden' of wb.nn.mlp: did you mean 'hidden'?"),
    ("wb.nn.mlp{inputs = 0}", "a layer may have 1 to 65536 components, got 0"),
    ("wb.nn.mlp{inputs = 2, hidden = {1 << 16, 1 << 16}}", "a net may have up to 67108864 numbers"),
    ("wb.nn.mlp{hidden = {3}}", "option 'inputs' is required"),
    ("wb.nn.mlp{inputs = 2, output_scale = 'inverse_time'}", "needs a net that takes a time"),
    ("wb.nn.mlp{inputs = 2, time = 'fourier', time_features = 7}", "expected an even number, got 7"),
    (
      "wb.nn.mlp{inputs = 2, time_features = 8}",
      "is for a net that takes its time by sines and cosines"
    ),
    (
      "wb.nn.mlp{inputs = 2, time = 'concat', conditioning = 'add'}", "give time=, such as time = \"fourier\""
    ),
    ("wb.nn.mlp{inputs = 2, gain = 2}", "does not change init = \"kaiming_uniform\""),
    ("wb.nn.energy{inputs = 2, activation = 'relu'}", "take a smooth activation"),
    ("wb.nn.monotone{gamma_min = 3, gamma_max = 1}", "must be finite and grow"),
    (
      "wb.nn.mlp{inputs = 2}(wb.zeros(4, 3))",
      "the net takes 2 components: expected a list of 2 numbers or an array"
    ),
    ("wb.nn.mlp{inputs = 2}{1, 2, 3}", "got shape"),
    ("wb.nn.mlp{inputs = 2}('a')", "a net takes a number, a list or an array, got"),
    ("wb.nn.mlp{inputs = 2}()", "got 0 arguments"),
    ("wb.nn.mlp{inputs = 2}({1, 2}, 3)", "the net takes no time: call it as net(x)"),
    ("wb.nn.mlp{inputs = 2, time = 'concat'}{1, 2}", "the net takes a time: call it as net(x, t)"),
    (
      "wb.nn.mlp{inputs = 2, time = 'concat'}(wb.zeros(4, 2), {1, 2})",
      "expected one time, or one for each of the 4 points, got 2"
    ),
    ("wb.nn.mlp{inputs = 2}:get('layer.0.weight')", "did you mean 'layers.0.weight'?"),
    ("wb.nn.mlp{inputs = 2}:set('layers.0.bias', {1, 2})", "has the shape"),
    ("wb.nn.mlp{inputs = 2}:freeze('layers.9')", "the net has no parameter 'layers.9'"),
    ("wb.nn.mlp{inputs = 2}:energy{1, 2}", "only nets made by wb.nn.energy have an energy"),
    (
      "wb.nn.custom{inputs = 1, parameters = {}, forward = function(p, x) return x end}", "needs at least one"
    ),
    (
      "wb.nn.custom{inputs = 1, parameters = {w = {2, -1}}, forward = function(p, x) return x end}",
      "'w' must be a shape such as {3} or {3, 2}"
    ),
    (
      "wb.nn.custom{inputs = 2, parameters = {w = {3, 4}}, forward = function(p, x) return wb.matmul(p.w, x) end}",
      "a 3 × 4 matrix times a vector of 2"
    ),
    (
      "wb.nn.custom{inputs = 2, parameters = {w = {3, 2}}, forward = function(p, x) return p.v * x end}",
      "there is no parameter 'v'"
    ),
    (
      "local w = wb.nn.mlp{inputs = 2} wb.sde{dim = 3, drift = function(x) return w(x) end, diffusion = function() return {1, 1, 1} end}",
      "net.lua:1: drift of 'sde': the net takes 2 components, got 3"
    ),
    ("wb.nn.load(folder .. '/none.safetensors')", "none.safetensors"),
  ])
  func refused(source: String, expected: String) throws {
    let message = try NetBench().complaint(
      "return " + (source.hasPrefix("local") ? "(function() \(source) end)()" : source))
    #expect(message.contains(expected), "\(message)")
  }

  @Test func checkpoints() throws {
    let bench = try NetBench()
    try bench.check(
      """
      for _, make in ipairs{
        function() return wb.nn.mlp{inputs = 2, hidden = {8, 8}, time = "fourier", residual = true, seed = 3} end,
        function() return wb.nn.energy{inputs = 2, hidden = {8}, precision = "double"} end,
        function() return wb.nn.linear{inputs = 2, outputs = 1} end,
      } do
        local net = make()
        local path = net:save("m.safetensors")
        local same = wb.nn.load(folder .. "/m.safetensors")
        local t = net.takes_time and 0.4 or nil
        local a, b = net({0.3, -2}, t), same({0.3, -2}, t)
        if net.outputs == 1 then assert(a == b) else assert(a[1] == b[1] and a[2] == b[2]) end
        assert(tostring(net) == tostring(same) and same.precision == net.precision)
        local other = make():clone()
        other:set(other:parameters()[1].name, other:get(other:parameters()[1].name) * 2)
        other:load(folder .. "/m.safetensors")
        local c = other({0.3, -2}, t)
        if net.outputs == 1 then assert(a == c) else assert(a[1] == c[1]) end
      end
      """)
  }

  @Test func checkpointsOfAnotherArchitecture() throws {
    let bench = try NetBench()
    let message = bench.complaint(
      """
      wb.nn.mlp{inputs = 2, hidden = {8, 8}, outputs = 2}:save("m.safetensors")
      local net = wb.nn.mlp{inputs = 2, hidden = {4}, outputs = 2}
      net:load(folder .. "/m.safetensors")
      """)
    #expect(message.contains("the checkpoint is of another architecture"), "\(message)")
    #expect(message.contains("the net has no layers.2.weight [2, 8], layers.2.bias [2]"), "\(message)")
    #expect(message.contains("layers.0.weight is [8, 2] there and [4, 2] in the net"), "\(message)")
    let custom = bench.complaint(
      """
      local make = function()
        return wb.nn.custom{inputs = 1, parameters = {a = {1, 2}}, forward = function(p, x) return p.a[1] * x end}
      end
      local net = make()
      net:save("c.safetensors")
      local other = make()
      other:set("a", {{5, 6}})
      other:load(folder .. "/c.safetensors")
      assert(other(1)[2] == net(1)[2])
      wb.nn.load(folder .. "/c.safetensors")
      """)
    #expect(
      custom.contains("make the net as that script does and load the values with net:load(path)"), "\(custom)"
    )
  }

  @Test func tamperedCheckpoints() throws {
    let bench = try NetBench()
    try bench.check("wb.nn.mlp{inputs = 2, hidden = {8}}:save('m.safetensors')")
    let path = bench.folder.appending(path: "m.safetensors")
    let whole = try Data(contentsOf: path)
    let text = String(decoding: whole, as: UTF8.self)
    #expect(text.contains("net.hidden"))
    try whole.prefix(whole.count - 7).write(to: path)
    #expect(bench.complaint("return wb.nn.load(folder .. '/m.safetensors')").contains("m.safetensors"))
    // One digit of the architecture: the tensors do not fit it.
    var bytes = Array(whole)
    let place = try #require(whole.range(of: Data("\"net.hidden\":\"8\"".utf8)))
    bytes[place.upperBound - 2] = UInt8(ascii: "9")
    try Data(bytes).write(to: path)
    let message = bench.complaint("return wb.nn.load(folder .. '/m.safetensors')")
    #expect(message.contains("layers.0.weight is [8, 2] there and [9, 2] in the net"), "\(message)")
  }
}
