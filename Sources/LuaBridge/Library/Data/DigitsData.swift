import Files
import Glibc
import Kernels

extension Module {
  func defineDigits(_ context: RunContext) {
    function(
      "digits", "digits() → array, array",
      "1797 handwritten digits of 8 × 8 pixels with values 0 to 16, and which digit each is. From the UCI data set "
        + "Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998; CC BY 4.0), its test part. The file "
        + "is scripts/data/digits.csv of Workbench, or digits.csv in the folder that WORKBENCH_DATA names.",
      returns: "the pixels, shape (1797, 64), row by row of each picture, and the labels, shape (1797)",
      example: "local x, labels = wb.data.digits()\nprint(x.shape, labels[1])"
    ) { call in
      let path = try DataFolder.path(of: "digits.csv")
      let table = try CSV.read(path: path, options: CSVOptions()).array
      guard table.rank == 2, table.shape[1] == 65 else {
        throw call.error("\(path) does not hold 64 pixels and a label a line")
      }
      let n = table.shape[0]
      let pixels = try NDArray(shape: [n, 64]) { out in
        for row in 0..<n { for i in 0..<64 { out[row * 64 + i] = table.values[row * 65 + i] } }
      }
      return LuaResults(pixels, NDArray((0..<n).map { table.values[$0 * 65 + 64] }))
    }
  }
}

/// Where the data files of Workbench itself are, whatever the current folder.
///
/// The folder that WORKBENCH_DATA names, or else the nearest of `scripts/data` and `share/workbench/data` going up
/// from the program's file: the first is there in a checkout, the second where the program was installed.
enum DataFolder {
  static func path(of file: String) throws -> String {
    if let folder = getenv("WORKBENCH_DATA").map({ String(cString: $0) }), !folder.isEmpty {
      let path = folder + "/" + file
      guard access(path, R_OK) == 0 else {
        throw LuaError("there is no \(file) in the folder that WORKBENCH_DATA names, \(folder)")
      }
      return path
    }
    var parts = programPath.split(separator: "/").dropLast()
    while true {
      let folder = parts.isEmpty ? "" : "/" + parts.joined(separator: "/")
      for place in ["scripts/data", "share/workbench/data"] {
        let path = "\(folder)/\(place)/\(file)"
        if access(path, R_OK) == 0 { return path }
      }
      if parts.popLast() == nil { break }
    }
    throw LuaError(
      "\(file) was not found in scripts/data above \(programPath): set WORKBENCH_DATA to the folder that holds it"
    )
  }

  private static var programPath: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
    return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : "/"
  }
}
