import Kernels
import LuaBridge
import Testing

/// Nets in differentiated functions: traced, replayed, of plain numbers and over arrays.
@Suite struct NetDerivativeTests {
  private func numbers(_ source: String) throws -> [Double] {
    let session = try ScriptSession()
    return try session.lua.run(source, name: "=t.lua").compactMap(\.double)
  }

  /// The divergence by the net's Jacobian, of a point, traced, and over an array, agree.
  @Test func everyWayGivesTheSame() throws {
    let values = try numbers(
      """
      local net = wb.nn.mlp{inputs = 2, hidden = {16, 16}, outputs = 2, activation = "silu", seed = 3}
      local x = {0.3, -0.8}
      local J = wb.jacobian(net, x)
      local f = wb.trace(function(x) return wb.divergence(net, x) end, {inputs = 2})
      local h = 1e-5
      local function part(i)
        local a, b = {x[1], x[2]}, {x[1], x[2]}
        a[i], b[i] = a[i] + h, b[i] - h
        return (net(a)[i] - net(b)[i]) / (2 * h)
      end
      return wb.divergence(net, x), J:at(1, 1) + J:at(2, 2), wb.divergence(function(y) return net(y) end, x),
        wb.divergence(net, wb.array{{9, 9}, x})[2], part(1) + part(2), f(x)
      """)
    #expect(values.count == 6)
    for value in values {
      #expect((value - values[0]).magnitude < 1e-5 * max(1, values[0].magnitude), "\(values)")
    }
    #expect(values[0] != 0)
  }
}
