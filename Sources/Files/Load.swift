import Arrays

/// What ``load(path:options:)`` found.
public enum LoadedFile: Sendable {
  case table(CSVTable)
  case array(NDArray)
  case archive([(name: String, array: NDArray)])
}

/// Reads a file by its extension: `.csv`, `.tsv` and `.txt` tables, `.npy` arrays, `.npz` archives.
public func load(path: String, options: CSVOptions = CSVOptions()) throws -> LoadedFile {
  switch pathExtension(path) {
  case "csv", "tsv", "txt": return .table(try CSV.read(path: path, options: options))
  case "npy": return .array(try NPY.read(path: path))
  case "npz": return .archive(try NPZ.read(path: path))
  default: throw unknownExtension(path, "load", "csv, .tsv, .txt, .npy or .npz")
  }
}

/// Writes one array by the path's extension: `.csv`, `.tsv` or `.npy`.
public func save(_ array: NDArray, path: String) throws {
  switch pathExtension(path) {
  case "csv": try CSV.write(array, path: path)
  case "tsv": try CSV.write(array, path: path, delimiter: "\t")
  case "npy": try NPY.write(array, path: path)
  default: throw unknownExtension(path, "save an array", "csv, .tsv or .npy")
  }
}

private func pathExtension(_ path: String) -> String {
  let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
  return name[name.index(after: dot)...].lowercased()
}

private func unknownExtension(_ path: String, _ action: String, _ known: String) -> FileError {
  FileError(path: path, reason: "cannot \(action) by this file name: it must end in .\(known)")
}
