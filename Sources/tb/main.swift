import Kernels
import Glibc
func bench(_ name: String, _ d: Int, _ hidden: [Int], _ lossName: String, _ batch: Int, threads: Int) throws {
  let net = try Net(MultilayerPerceptron(inputs: d, hidden: hidden, outputs: d), seed: 1)
  let b = ProgramBuilder(); b.nodeLimit = .max
  let x = b.input("x", rows: d, variation: .lane)
  var settings = LossSettings()
  if lossName == "dsm" { settings.numbers["sigma"] = [0.1] }
  let loss = try LossKind.named(lossName).loss(settings)
  let l = try loss.build(b, model: { bb, x, t in net.apply(bb, x: x, time: t) }, x: x)
  let program = try b.finish([("loss", l)])
  let names = net.store.parameters.map { net.prefix + $0.name }
  let g = try program.parameterGradient(of: "loss", parameters: names)
  let plan = Plan(g.lanes, reducing: Set(g.boundaries))
  let clock = ContinuousClock()
  let engine = try BatchGradient<Float>(plan, loss: "loss", parameters: zip(names, net.store.parameters).map { ($0, $1.offset) }, shared: [:], batch: batch)
  var rnd = SequentialRandom(seed: 3, stream: .auxiliary)
  let n = 16384
  let data = SampleMatrix<Float>((0..<n*d).map { _ in rnd.normal() }, rows: n, columns: d)
  let params = net.store.values.map { Float($0) }
  var best = Double.infinity
  var value = 0.0
  try params.withUnsafeBufferPointer { p in
    for rep in 0..<200 {
      let start = (rep * batch) % (n - batch)
      let t = clock.now
      let r = try engine.run(data, .init(indices: Array(start..<start+batch), seed: 1, step: rep), parameters: p.baseAddress!, options: RunOptions(threads: threads))
      let e = clock.now - t
      let s = Double(e.components.seconds) + Double(e.components.attoseconds) * 1e-18
      best = min(best, s); value = r.loss.mean
      if rep > 5 && best * Double(rep) > 1.5 { break }
    }
  }
  print(name, lossName, "batch", batch, "threads", threads, "us", Int(best*1e6), "loss", value, "rows", plan.rowCount, "instr", plan.instructions.count, "tiles", plan.tiles.count, "L", engine.blockLength)
  if CommandLine.arguments.count > 1 {
    for t in plan.tiles { for i in t.instructions { print(t.rows, plan.instructions[i].operation, plan.instructions[i].rows) } }
  }
}
for l in ["ssm_vr", "dsm"] { for batch in [256, 1024] {
  for th in [1, 2] { try bench("small", 2, [128, 128], l, batch, threads: th) }
  for th in [1, 2] { try bench("large", 64, [512, 512], l, batch, threads: th) }
  if CommandLine.arguments.count > 1 { exit(0) }
} }
