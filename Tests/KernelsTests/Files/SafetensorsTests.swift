import Files
import Foundation
import Testing

@Suite struct SafetensorsTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  static let tensors = [
    NamedTensor(name: "weight", shape: [2, 3], values: .single([1, -2, 0.5, .infinity, -0.0, 0x1p-149])),
    NamedTensor(name: "größe \"x\"\n", shape: [3], values: .double([.pi, -.infinity, 0x1p-1074])),
    NamedTensor(name: "scalar", shape: [], values: .single([7])),
    NamedTensor(name: "none", shape: [0, 4], values: .double([])),
    NamedTensor(name: "", shape: [1, 1], values: .double([1e300])),
  ]

  /// A file with the given header; the header's text is not padded.
  private func write(_ header: String, data: Int = 0, length: UInt64? = nil) throws -> String {
    let text = Array(header.utf8)
    let count = withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) }
    try folder.write(count + text + [UInt8](repeating: 0, count: data), to: "x.safetensors")
    return folder.file("x.safetensors")
  }

  @Test func roundTrip() throws {
    let path = folder.file("a.safetensors")
    let metadata = ["format": "pt", "größe": "\u{1F600} \" \\ \n \u{1}", "": ""]
    try Safetensors.write(path: path, tensors: Self.tensors, metadata: metadata)
    let (tensors, read) = try Safetensors.read(path: path)
    #expect(tensors == Self.tensors && read == metadata)
    guard case .single(let weight) = tensors[0].values else { return #expect(Bool(false)) }
    #expect(weight[4].sign == .minus)

    // The data begin at a multiple of 8, and so do the doubles.
    let bytes = try folder.bytes("a.safetensors")
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0 && bytes.count == 8 + length + 7 * 4 + 4 * 8)
    #expect(bytes[8] == UInt8(ascii: "{"))
    // Equal content gives equal bytes, whatever the order in which a dictionary has its members.
    try Safetensors.write(path: folder.file("b"), tensors: Self.tensors, metadata: metadata)
    #expect(try folder.bytes("b") == bytes)

    try Safetensors.write(path: path, tensors: [])
    #expect(try Safetensors.read(path: path).tensors.isEmpty)
  }

  @Test func quietNaNsKeepTheirBits() throws {
    let single = Float(bitPattern: 0x7FC1_2345), double = Double(bitPattern: 0xFFF8_0000_0000_1234)
    let path = folder.file("nan")
    try Safetensors.write(
      path: path,
      tensors: [
        .init(name: "s", shape: [1], values: .single([single])),
        .init(name: "d", shape: [1], values: .double([double])),
      ])
    let values = try Safetensors.read(path: path).tensors.map(\.values)
    guard case .single(let s) = values[0], case .double(let d) = values[1] else {
      return #expect(Bool(false))
    }
    #expect(s[0].bitPattern == single.bitPattern && d[0].bitPattern == double.bitPattern)
  }

  /// Halves widen exactly, and tensors come in the header's order although their data lie in another.
  @Test func halves() throws {
    let header = #"""
      {"b":{"dtype":"BF16","shape":[3],"data_offsets":[6,12]},"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}}
      """#
    let text = Array(header.utf8)
    let halves: [UInt16] = [0x3C00, 0xFBFF, 0x0001, 0x3F80, 0xC049, 0x0001]
    try folder.write(
      withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
        + halves.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, to: "h")
    let tensors = try Safetensors.read(path: folder.file("h")).tensors
    #expect(
      tensors == [
        .init(
          name: "b", shape: [3],
          values: .single([1, -3.140625, Float(bitPattern: 0x10000)])),
        .init(name: "h", shape: [3], values: .single([1, -65504, 0x1p-24])),
      ])
  }

  /// A header with one tensor.
  private static func one(
    _ type: String = "\"F32\"", _ shape: String = "[2]", _ offsets: String = "[0,8]", more: String = ""
  ) -> String {
    "{\"w\":{\"dtype\":\(type),\"shape\":\(shape),\"data_offsets\":\(offsets)}\(more)}"
  }

  @Test(arguments: [
    (one(), 7, #"tensor "w": truncated: its data end at byte 8, but the file has 7 bytes of data"#),
    (one(), 9, "1 bytes after the last tensor belong to none"),
    (one("\"F32\"", "[3]"), 8, #"tensor "w": shape [3] of F32 does not fill the 8 bytes of its data"#),
    (one("\"F64\""), 8, "shape [2] of F64 does not fill the 8 bytes"),
    (one("\"F64\"", "[1]", "[0,9]"), 9, "shape [1] of F64 does not fill the 9 bytes"),
    (one("\"I64\"", "[1]"), 8, #"tensor "w": the type I64 is not supported: expected F32, F64, F16 or BF16"#),
    (one("\"F8_E4M3\"", "[8]"), 8, "F8_E4M3 is not supported"),
    (one("7"), 8, "expected a string as dtype, got a whole number"),
    (one("\"F32\"", "2"), 8, "expected a list as shape, got a whole number"),
    (one("\"F32\"", "[-2]"), 8, "shape should hold whole numbers from 0"),
    (one("\"F32\"", "[2.5]"), 8, "shape should hold whole numbers"),
    (one("\"F32\"", "[4611686018427387904,4]"), 8, "does not fill"),
    (one("\"F32\"", "[4611686018427387904,2]", "[0,0]"), 0, "does not fill"),
    (one("\"F32\"", "[2]", "[0]"), 8, "two ascending numbers, not [0]"),
    (one("\"F32\"", "[2]", "[8,0]"), 8, "two ascending numbers, not [8, 0]"),
    (one("\"F32\"", "[2]", "[4,12]"), 12, #"tensor "w": the 4 bytes before its data belong to none"#),
    (one("\"F32\"", "[2]", "[0,18446744073709551616]"), 8, "data_offsets should hold whole numbers"),
    (one(more: #","v":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}"#), 12, "within another tensor's"),
    (
      one(more: #","v":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}"#), 16,
      "the 4 bytes before its data"
    ),
    (
      one(more: #","w":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}"#), 8, #"the name "w" is there twice"#
    ),
    (
      one(more: #","v":{"dtype":"F32","shape":[0]}"#), 8,
      #"tensor "v": expected a list as data_offsets, got nothing"#
    ),
    (one(more: #","v":7"#), 8, #"tensor "v": should be described by an object, not a whole number"#),
    (one(more: #","__metadata__":[]"#), 8, "__metadata__ should be an object, but is a list"),
    (
      one(more: #","__metadata__":{"a":1}"#), 8,
      #"__metadata__: "a" should be a string, but is a whole number"#
    ),
    ("{\"w\":}", 0, "the header is not JSON: expected a value at byte 5"),
    ("[]", 0, "does not begin with '{'"),
    ("{} x", 0, "expected the end at byte 3"), (" {}", 0, "does not begin with '{'"),
    ("", 0, "does not begin with '{'"),
  ])
  func refused(_ header: String, _ data: Int, _ reason: String) throws {
    let path = try write(header, data: data)
    let error = #expect(throws: FileError.self) { try Safetensors.read(path: path) }
    #expect(error?.path == path && error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }

  @Test func accepted() throws {
    // Spaces after the header, empty tensors anywhere, and members that other writers may add.
    let header = #"""
      {"e":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[8,8]},"w":{"dtype":"F32","shape":[2],
      "data_offsets":[0,8],"comment":1},"f":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}   
      """#
    let tensors = try Safetensors.read(path: write(header, data: 8)).tensors
    #expect(tensors.map(\.name) == ["e", "w", "f"] && tensors[1].values == .single([0, 0]))
  }

  @Test func lengths() throws {
    for (length, reason) in [
      (3, "truncated: the header should have 3 bytes, but only 2 follow"),
      (100_000_001, "100000000 are the limit"),
      (.max, "100000000 are the limit"), (100_000_000, "truncated"),
    ] as [(UInt64, String)] {
      let path = try write("{}", length: length)
      let error = #expect(throws: FileError.self) { try Safetensors.read(path: path) }
      #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
    try folder.write([1, 2, 3], to: "short")
    for path in [folder.file("short"), folder.file("no"), folder.path, "/dev/null"] {
      #expect(throws: FileError.self) { try Safetensors.read(path: path) }
    }
  }

  @Test func unwritable() {
    let path = folder.file("w")
    let value = NamedTensor.Values.single([1])
    for (tensors, reason) in [
      ([.init(name: "a", shape: [2], values: value)], "tensor \"a\": shape [2] does not hold its 1 values"),
      ([.init(name: "a", shape: [-1, -1], values: value)], "negative extent"),
      ([.init(name: "a", shape: [.max, 3], values: value)], "does not hold its 1 values"),
      (
        [.init(name: "a", shape: [1], values: value), .init(name: "a", shape: [], values: value)],
        "there are two of this name"
      ),
      ([.init(name: "__metadata__", shape: [1], values: value)], "the format's own"),
    ] as [([NamedTensor], String)] {
      let error = #expect(throws: FileError.self) { try Safetensors.write(path: path, tensors: tensors) }
      #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
    #expect(folder.contents().isEmpty)
  }

  /// Any damage is refused or gives other values; nothing is read that is not there.
  @Test func damage() throws {
    try Safetensors.write(path: folder.file("a"), tensors: Self.tensors, metadata: ["k": "v"])
    let whole = try folder.bytes("a")
    for count in 0..<whole.count {
      try folder.write(Array(whole[..<count]), to: "b")
      #expect(throws: FileError.self) { try Safetensors.read(path: folder.file("b")) }
    }
    var random = SystemRandomNumberGenerator()
    let dataStart = 8 + whole[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var refused = 0
    for round in 0..<3000 {
      var damaged = whole
      // Mostly in the header.
      let end = round % 8 == 0 ? damaged.count : dataStart
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        damaged[Int.random(in: 0..<end, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
      try folder.write(damaged, to: "b")
      do {
        let tensors = try Safetensors.read(path: folder.file("b")).tensors
        #expect(tensors.allSatisfy { $0.shape.reduce(1, &*) == $0.values.count })
      } catch is FileError {
        refused += 1
      }
    }
    #expect(refused > 1000)
  }

  /// A disk that fills up while a file is written: the process may not write files beyond 4096 bytes.
  @Test func fullDiskKeepsTheOldFile() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = folder.file("net.safetensors")
      let small = [NamedTensor(name: "w", shape: [2], values: .single([1, 2]))]
      try Safetensors.write(path: path, tensors: small)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let values = [Float](repeating: 1, count: 1 << 20)
      let error = #expect(throws: FileError.self) {
        try Safetensors.write(
          path: path, tensors: [NamedTensor(name: "w", shape: [1 << 20], values: .single(values))])
      }
      #expect(error?.reason.hasPrefix("cannot write: ") == true)
      #expect(try Safetensors.read(path: path).tensors == small)
      #expect(folder.contents() == ["net.safetensors"])
    }
  }
}

/// Our files against the real package. Runs with WORKBENCH_SLOW=1 where a Python has it.
@Suite(.enabled(if: RealNumPy.hasSafetensors, "needs WORKBENCH_SLOW=1 and a Python with safetensors"))
struct SafetensorsSlowTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test func theRealPackageReadsWhatWeWrite() throws {
    try Safetensors.write(
      path: folder.file("ours.safetensors"), tensors: SafetensorsTests.tensors, metadata: ["größe": "α\n\""])
    try RealNumPy.run(
      """
      import numpy as np, math, safetensors, safetensors.numpy
      t = safetensors.numpy.load_file('ours.safetensors')
      assert sorted(t) == sorted(['weight', 'größe "x"\\n', 'scalar', 'none', '']), list(t)
      w = t['weight']
      assert w.dtype == np.float32 and w.shape == (2, 3)
      assert w.ravel().tolist() == [1, -2, 0.5, math.inf, 0, float(np.float32(1e-45))] and np.signbit(w[1, 1])
      x = t['größe "x"\\n']
      assert x.dtype == np.float64 and x.tolist() == [math.pi, -math.inf, 5e-324]
      assert t['scalar'].shape == () and t['scalar'] == 7 and t['none'].shape == (0, 4) and t[''].tolist() == [[1e300]]
      with safetensors.safe_open('ours.safetensors', 'numpy') as f: assert f.metadata() == {'größe': 'α\\n"'}
      """, in: folder.path)
  }

  @Test func weReadWhatTheRealPackageWrites() throws {
    try RealNumPy.run(
      """
      import numpy as np, safetensors.numpy
      r = np.random.default_rng(1)
      t = {'z': r.normal(size=(3, 4)).astype('f4'), 'a/größe': r.normal(size=5), 'h': r.normal(size=7).astype('f2'),
           'scalar': np.array(2.5), 'none': np.zeros((0, 3), 'f4')}
      safetensors.numpy.save_file(t, 'theirs.safetensors', metadata={'k "ö"': 'v\\n'})
      safetensors.numpy.save_file({'i': np.arange(3)}, 'integers.safetensors')
      np.savez('same.npz', **{k.replace('/', '_'): v.astype('f8') for k, v in t.items() if v.dtype != np.float16},
               h=t['h'].astype('f8'))
      """, in: folder.path)
    let (tensors, metadata) = try Safetensors.read(path: folder.file("theirs.safetensors"))
    #expect(metadata == ["k \"ö\"": "v\n"])
    let same = Dictionary(
      uniqueKeysWithValues: try NPZ.read(path: folder.file("same.npz")).map { ($0.name, $0.array) })
    #expect(tensors.count == 5 && same.count == 5)
    for tensor in tensors {
      let expected = try #require(same[tensor.name.replacingOccurrences(of: "/", with: "_")])
      #expect(tensor.shape == expected.shape, "\(tensor.name)")
      switch tensor.values {
      case .double(let values):
        #expect(values == expected.values && !["z", "h", "none"].contains(tensor.name))
      case .single(let values):
        #expect(values.map(Double.init) == expected.values && ["z", "h", "none"].contains(tensor.name))
      }
    }
    let error = #expect(throws: FileError.self) {
      try Safetensors.read(path: folder.file("integers.safetensors"))
    }
    #expect(error?.reason.contains("tensor \"i\": the type I64 is not supported") == true)
  }
}
