import Arrays
import Files
import Testing

@Suite struct NumPyFormatTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// An NPY file with this header text and data.
  func npy(_ header: String, _ data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
    let text = Array(header.utf8) + [10]
    let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
  }

  func header(_ descr: String, _ shape: String, fortran: Bool = false) -> String {
    "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
  }

  func read(_ bytes: [UInt8]) throws -> NDArray {
    try folder.write(bytes, to: "a.npy")
    return try NPY.read(path: folder.file("a.npy"))
  }

  func expectError(_ bytes: [UInt8], _ part: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: FileError.self, sourceLocation: sourceLocation) { try read(bytes) }
    #expect(error?.reason.contains(part) == true, "\(error?.reason ?? "")", sourceLocation: sourceLocation)
  }

  func bytes<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  @Test func everyType() throws {
    let values = NDArray([0, 1, 100])
    #expect(try read(npy(header("<f8", "(3,)"), bytes([0.0, 1, 100]))) == values)
    #expect(try read(npy(header("<f4", "(3,)"), bytes([0, 1, 100] as [Float]))) == values)
    #expect(try read(npy(header("|i1", "(3,)"), bytes([0, 1, 100] as [Int8]))) == values)
    #expect(try read(npy(header("<i2", "(3,)"), bytes([0, 1, 100] as [Int16]))) == values)
    #expect(try read(npy(header("<i4", "(3,)"), bytes([0, 1, 100] as [Int32]))) == values)
    #expect(try read(npy(header("<i8", "(3,)"), bytes([0, 1, 100]))) == values)
    #expect(try read(npy(header("|u1", "(3,)"), bytes([0, 1, 100] as [UInt8]))) == values)
    #expect(try read(npy(header("<u2", "(3,)"), bytes([0, 1, 100] as [UInt16]))) == values)
    #expect(try read(npy(header("<u4", "(3,)"), bytes([0, 1, 100] as [UInt32]))) == values)
    #expect(try read(npy(header("<u8", "(3,)"), bytes([0, 1, 100] as [UInt64]))) == values)
    #expect(try read(npy(header("|b1", "(3,)"), [0, 1, 1])) == NDArray([0, 1, 1]))
    #expect(try read(npy(header("|i1", "(2,)"), bytes([-128, 127] as [Int8]))) == NDArray([-128, 127]))
    #expect(try read(npy(header("<i8", "(1,)"), bytes([Int.min]))) == NDArray([-0x1p63]))
  }

  @Test func versionsOrdersAndShapes() throws {
    let data = bytes([1.0, 2, 3, 4, 5, 6])
    for version in 1...3 as ClosedRange<UInt8> {
      #expect(try read(npy(header("<f8", "(2, 3)"), data, version: version)).values == [1, 2, 3, 4, 5, 6])
    }
    let fortran = try read(npy(header("<f8", "(2, 3)", fortran: true), data))
    #expect(fortran == (try NDArray(rows: [[1, 3, 5], [2, 4, 6]])))
    #expect(try read(npy(header("<f8", "()"), bytes([7.0]))) == NDArray(scalar: 7))
    #expect(try read(npy(header("<f8", "(0, 3)"))).shape == [0, 3])
    #expect(try read(npy("{\"shape\": (6L,), 'descr': '<f8', 'fortran_order':False}", data)).count == 6)
  }

  @Test(arguments: ["<c16", ">f8", "<f2", "<U5", "|O", "|S3", "<M8[ns]", "f8"])
  func otherTypesAreRefusedByName(_ dtype: String) {
    expectError(npy(header(dtype, "(1,)"), [0, 0, 0, 0, 0, 0, 0, 0]), "dtype '\(dtype)' is not supported")
  }

  @Test func damagedHeaders() {
    expectError([], "truncated")
    expectError(Array("hello, world".utf8), "is not an NPY file")
    expectError(npy(header("<f8", "(1,)"), [], version: 9), "version 9.0 is not supported")
    expectError(Array(npy(header("<f8", "(1,)")).prefix(30)), "truncated")
    expectError(
      npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }"), "structured dtypes")
    expectError(npy("{'descr': '<f8', 'shape': (1,), }"), "the header must have")
    expectError(npy("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,), }"), "must be True or False")
    expectError(npy("{'descr': '<f8', 'x': 1}"), "unknown header entry 'x'")
    expectError(npy("{'descr"), "a string does not end")
    expectError(npy("{"), "expected a string")
    expectError(npy(""), "expected '{'")
    expectError(
      [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF], "claims to have 4294967295 bytes")
  }

  @Test func hostileShapes() {
    expectError(
      npy(header("<f8", "(1000000000000,)"), [1, 2]), "needs 8000000000000 bytes of data, but 2 are there")
    expectError(
      npy(header("<f8", "(4294967296, 4294967296, 4294967296)")), "more elements than can be addressed")
    expectError(npy(header("<f8", "(0, 9223372036854775807, 9)")), "more elements than can be addressed")
    expectError(npy(header("<f8", "(99999999999999999999,)")), "'shape' must hold whole numbers")
    expectError(npy(header("<f8", "(-1,)")), "'shape' must hold whole numbers")
    expectError(npy(header("<f8", "(2.5,)")), "expected ')'")
    expectError(npy(header("<f8", "(" + String(repeating: "1,", count: 65) + ")")), "more than 64 axes")
    expectError(npy(header("<f8", "(2,)"), bytes([1.0]) + [0]), "truncated")
  }

  @Test func writtenArraysComeBack() throws {
    for shape in [[], [0], [5], [2, 3], [3, 1, 4], [2, 0, 2]] {
      let array = try NDArray((0..<shape.reduce(1, *)).map { Double($0) * 0.1 }, shape: shape)
      try NPY.write(array, path: folder.file("b.npy"))
      #expect(try NPY.read(path: folder.file("b.npy")) == array)
      // The data begin on a multiple of 64 bytes, as the format asks.
      #expect(try folder.bytes("b.npy").count % 64 == array.count * 8 % 64)
    }
  }

  /// The bytes `numpy.save` writes for this array.
  @Test func writtenBytesAreNumPys() throws {
    try NPY.write(NDArray(rows: [[1, 2]]), path: folder.file("c.npy"))
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }"
    let expected =
      [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(text.utf8)
      + [UInt8](repeating: 32, count: 117 - text.utf8.count) + [10] + bytes([1.0, 2])
    #expect(try folder.bytes("c.npy") == expected)
  }

  func archive(zip64Threshold: UInt64 = 0xFFFF_FFFF) throws -> [UInt8] {
    let arrays: [(name: String, array: NDArray)] = [
      ("x", NDArray([1, 2, 3])), ("größe", try NDArray(rows: [[4], [5]])), ("empty", NDArray([])),
    ]
    try NPZ.write(arrays, path: folder.file("z.npz"), zip64Threshold: zip64Threshold)
    return try folder.bytes("z.npz")
  }

  func readArchive(_ bytes: [UInt8]) throws -> [(name: String, array: NDArray)] {
    try folder.write(bytes, to: "z.npz")
    return try NPZ.read(path: folder.file("z.npz"))
  }

  @Test(arguments: [0xFFFF_FFFF, 0, 150] as [UInt64]) func archivesComeBack(_ threshold: UInt64) throws {
    let back = try readArchive(archive(zip64Threshold: threshold))
    #expect(back.map(\.name) == ["x", "größe", "empty"])
    #expect(back[0].array == NDArray([1, 2, 3]))
    #expect(back[1].array.shape == [2, 1])
    #expect(back[2].array.shape == [0])
    try NPZ.write([], path: folder.file("none.npz"))
    #expect(try NPZ.read(path: folder.file("none.npz")).isEmpty)
  }

  /// An archive of `numpy.savez_compressed(f, a=numpy.zeros(1000))`, deflated.
  @Test func deflatedEntries() throws {
    let back = try readArchive(compressedZeros)
    #expect(back.count == 1 && back[0].name == "a")
    #expect(back[0].array == (try NDArray.zeros([1000])))
  }

  /// Whatever byte is changed or wherever the file ends: an error or the right arrays, never a trap.
  @Test(arguments: [false, true]) func damageIsFound(_ compressed: Bool) throws {
    let good = try compressed ? compressedZeros : archive()
    let expected = try readArchive(good)
    func check(_ bytes: [UInt8]) {
      guard let back = try? readArchive(bytes) else { return }
      // Changed names and dates go unnoticed by the format; changed numbers must not.
      for (a, b) in zip(back, expected) { #expect(a.array == b.array) }
    }
    for position in good.indices {
      for change in [0x01, 0x80, 0xFF] as [UInt8] {
        var bad = good
        bad[position] ^= change
        check(bad)
      }
    }
    for length in 0..<good.count {
      #expect(throws: FileError.self) { try readArchive(Array(good[..<length])) }
    }
  }

  @Test func changedDataFailTheChecksum() throws {
    var bytes = try archive()
    let at = try #require(bytes.firstIndex(of: 0x93)) + 128
    bytes[at] ^= 1
    let error = #expect(throws: FileError.self) { try readArchive(bytes) }
    #expect(error?.reason.contains("CRC-32") == true)
    #expect(error?.path.hasSuffix("z.npz[x]") == true)
  }

  @Test func unusableNames() {
    let one = NDArray([1])
    for names in [["a", "a"], [""], ["a\0b"], [String(repeating: "n", count: 1001)]] {
      #expect(throws: FileError.self) { try NPZ.write(names.map { ($0, one) }, path: folder.file("n.npz")) }
    }
    #expect(folder.contents() == [])
  }

  @Test func filesByExtension() throws {
    let array = try NDArray(rows: [[1, 2], [3, 4]])
    for name in ["a.csv", "a.tsv", "a.npy", "A.NPY"] {
      try save(array, path: folder.file(name))
      switch try load(path: folder.file(name)) {
      case .table(let table): #expect(table.array == array && !name.lowercased().hasSuffix("npy"))
      case .array(let back): #expect(back == array && name.lowercased().hasSuffix("npy"))
      case .archive: Issue.record("\(name) is no archive")
      }
    }
    _ = try archive()
    guard case .archive(let arrays) = try load(path: folder.file("z.npz")) else {
      Issue.record("expected an archive")
      return
    }
    #expect(arrays.count == 3)
    for name in ["a", "a.xlsx", ".npy", "b.npy/c"] {
      #expect(throws: FileError.self) { try load(path: folder.file(name)) }
      #expect(throws: FileError.self) { try save(array, path: folder.file(name)) }
    }
  }
}
