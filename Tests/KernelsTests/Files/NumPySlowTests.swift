import Arrays
import Files
import Foundation
import Testing

/// Our files against the real NumPy. Runs with WORKBENCH_SLOW=1 where a Python with NumPy is found: in `.venv-tests`
/// at the package's root, or on PATH.
@Suite(.enabled(if: RealNumPy.python != nil, "needs WORKBENCH_SLOW=1 and a Python with NumPy"))
struct NumPySlowTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test func numpyReadsWhatWeWrite() throws {
    let values = (0..<24).map { Double($0) * 0.1 - 1 }
    let cube = try NDArray(values, shape: [2, 3, 4])
    try NPY.write(cube, path: folder.file("cube.npy"))
    try NPY.write(NDArray(scalar: .infinity), path: folder.file("scalar.npy"))
    let arrays: [(name: String, array: NDArray)] = [
      ("cube", cube), ("größe", NDArray([1, .nan])), ("none", try .zeros([0, 3])),
    ]
    try NPZ.write(arrays, path: folder.file("a.npz"))
    try NPZ.write(arrays, path: folder.file("a64.npz"), zip64Threshold: 0)
    try CSV.write(
      try NDArray(values, shape: [6, 4], columnNames: ["p", "q, r", "\"s\"", "t"]), path: folder.file("t.csv")
    )
    try RealNumPy.run(
      """
      import csv, zipfile, numpy as np
      cube = np.arange(24) * 0.1 - 1
      a = np.load('cube.npy')
      assert a.dtype == np.float64 and a.flags['C_CONTIGUOUS'] and (a == cube.reshape(2, 3, 4)).all()
      assert np.load('scalar.npy').shape == () and np.load('scalar.npy') == np.inf
      for name in ['a.npz', 'a64.npz']:
          assert zipfile.ZipFile(name).testzip() is None
          z = np.load(name)
          assert list(z) == ['cube', 'größe', 'none'], list(z)
          assert (z['cube'] == a).all() and np.isnan(z['größe'][1]) and z['none'].shape == (0, 3)
      rows = list(csv.reader(open('t.csv', newline='')))
      assert rows[0] == ['p', 'q, r', '"s"', 't'], rows[0]
      assert (np.array(rows[1:], dtype=float) == cube.reshape(6, 4)).all()
      """, in: folder.path)
  }

  @Test func weReadWhatNumPyWrites() throws {
    let types = ["f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
    try RealNumPy.run(
      """
      import numpy as np
      a = (np.arange(24) % 5).reshape(2, 3, 4)
      every = {}
      for t in '\(types.joined(separator: " "))'.split():
          for order in 'CF':
              every[(t if t != '?' else 'b') + order] = np.array(a, dtype=t, order=order)
      for name, x in every.items(): np.save(name + '.npy', x)
      np.savez('s.npz', **every)
      np.savez_compressed('c.npz', **every, noise=np.random.default_rng(1).normal(size=100000).cumsum())
      np.save('noise.npy', np.random.default_rng(1).normal(size=100000).cumsum())
      np.lib.format.write_array(open('v2.npy', 'wb'), a * 1.5, version=(2, 0))
      np.lib.format.write_array(open('v3.npy', 'wb'), a * 1.5, version=(3, 0))
      np.save('complex.npy', np.zeros(2, complex))
      np.save('record.npy', np.zeros(2, [('a', 'f8'), ('b', 'i4')]))
      np.save('big.npy', np.zeros(2, '>f8'))
      """, in: folder.path)
    let expected = try NDArray((0..<24).map { Double($0 % 5) }, shape: [2, 3, 4])
    let stored = try archive("s.npz"), compressed = try archive("c.npz")
    #expect(stored.count == 22 && compressed.count == 23)
    for type in types {
      for order in ["C", "F"] {
        let name = (type == "?" ? "b" : type) + order
        let want = type == "?" ? try expected.map { $0 == 0 ? 0 : 1 } : expected
        #expect(try NPY.read(path: folder.file(name + ".npy")) == want, "\(name)")
        #expect(stored[name] == want, "\(name)")
        #expect(compressed[name] == want, "\(name)")
      }
    }
    #expect(try compressed["noise"] == NPY.read(path: folder.file("noise.npy")))
    for name in ["v2.npy", "v3.npy"] {
      #expect(try NPY.read(path: folder.file(name)) == expected.map { $0 * 1.5 })
    }
    for name in ["complex.npy", "record.npy", "big.npy"] {
      let error = #expect(throws: FileError.self) { try NPY.read(path: folder.file(name)) }
      #expect(error?.reason.contains("not supported") == true)
    }
  }

  /// Statistics of random data, compared with NumPy's through files.
  @Test func statisticsAgree() throws {
    var generator = SplitMix(11)
    let x = try NDArray(
      (0..<3000).map { _ in Double.random(in: -3...5, using: &generator) }, shape: [1000, 3])
    try NPY.write(x, path: folder.file("x.npy"))
    try RealNumPy.run(
      """
      import numpy as np
      x = np.load('x.npy')
      q = np.linspace(0, 1, 41)
      counts, edges = np.histogram(x, bins=37)
      np.savez('e.npz', mean=x.mean(0), var=x.var(1, ddof=1), std=x.std(), q=np.quantile(x, q), q0=np.quantile(x, q, axis=0),
               counts=counts, edges=edges, cov=np.cov(x.T), corr=np.corrcoef(x.T), sort=np.sort(x), arg=np.argsort(x),
               product=x.T @ x, lin=np.linspace(-1.3, 2.7, 101), total=x.sum())
      """, in: folder.path)
    let e = try archive("e.npz")
    let q = try NDArray.linspace(0, 1, count: 41).values
    let histogram = try x.histogram(bins: 37)
    let ours: [String: NDArray] = try [
      "mean": x.mean(axis: 0), "var": x.variance(axis: 1, ddof: 1),
      "std": NDArray(scalar: x.standardDeviation()),
      "q": x.quantiles(q), "q0": x.quantiles(q, axis: 0), "counts": histogram.counts,
      "edges": histogram.edges,
      "cov": x.covariance(), "corr": x.correlation(), "sort": x.sorted(), "arg": x.argsorted(),
      "product": NDArray.matmul(x.transposed(), x), "lin": NDArray.linspace(-1.3, 2.7, count: 101),
      "total": NDArray(scalar: x.sum()),
    ]
    #expect(Set(ours.keys) == Set(e.keys))
    for (name, array) in ours {
      let want = try #require(e[name])
      #expect(array.shape == want.shape, "\(name)")
      for (a, b) in zip(array.values, want.values) {
        #expect(abs(a - b) <= 1e-12 * max(1, abs(b)), "\(name)")
      }
    }
  }

  func archive(_ name: String) throws -> [String: NDArray] {
    Dictionary(uniqueKeysWithValues: try NPZ.read(path: folder.file(name)).map { ($0.name, $0.array) })
  }
}

enum RealNumPy {
  struct Failure: Error { let output: String }

  /// The interpreter to use, if slow tests are wanted and one with NumPy is there.
  static let python: String? = {
    guard ProcessInfo.processInfo.environment["WORKBENCH_SLOW"] == "1" else { return nil }
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let candidates = [root.appendingPathComponent(".venv-tests/bin").path] + folders
    return candidates.map { $0 + "/python3" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
        && (try? execute($0, "import numpy", in: NSTemporaryDirectory())) != nil
    }
  }()

  /// Whether the same interpreter has safetensors too.
  static let hasSafetensors: Bool = {
    guard let python else { return false }
    return (try? execute(python, "import safetensors.numpy", in: NSTemporaryDirectory())) != nil
  }()

  static func run(_ program: String, in folder: String) throws {
    guard let python else { throw Failure(output: "no Python with NumPy") }
    try execute(python, program, in: folder)
  }

  private static func execute(_ python: String, _ program: String, in folder: String) throws {
    let process = Process(), pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-X", "utf8", "-c", program]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(output: String(decoding: output, as: UTF8.self))
    }
  }
}
