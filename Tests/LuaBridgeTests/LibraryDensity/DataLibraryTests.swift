import Glibc
import Kernels
import LuaBridge
import Testing

@Suite("wb.data") struct DataLibraryTests {
  @Test("samples the toy sets") func toys() throws {
    let session = try ScriptSession()
    for toy in toySets {
      let value = try session.lua.run("return wb.data.\(toy.name){n = 20, seed = 4}", name: "@test.lua")[0]
      #expect(value.array == (try toy.law().sample(20, seed: 4)), "\(toy.name)")
    }
    // A law's own samples are those of the set.
    try session.lua.run(
      """
      local a, b = wb.data.two_moons{n = 9, noise = 0.1, seed = 2}, wb.dist.two_moons{noise = 0.1}:sample{n = 9, seed = 2}
      assert((a - b):max() == 0 and (a - b):min() == 0)
      assert(wb.dist.eight_gaussians().entropy - 2.8319 < 5e-5 and wb.dist.spirals == nil)
      """, name: "@test.lua")
  }

  @Test("reads the digits from any folder") func digits() throws {
    let session = try ScriptSession()
    try session.lua.run(
      """
      local x, labels = wb.data.digits()
      assert(x.shape[1] == 1797 and x.shape[2] == 64 and #labels == 1797)
      assert(x:min() == 0 and x:max() == 16 and x:sum() == 561718)
      assert(labels:min() == 0 and labels:max() == 9 and labels[1] == 0 and labels[1797] == 8)
      local train, validation = wb.data.split(x, {validation = 0.1, seed = 3})
      local names, held = wb.data.split(labels, {validation = 0.1, seed = 3})
      assert(#train == 1617 and #validation == 180 and #names == 1617)
      local y = wb.data.dequantise(x, {levels = 17})
      assert(y:min() > 0 and y:max() < 1)
      local z, map = wb.data.standardize(x)
      assert((map:inverse(z) - x):max() < 1e-12 and map.dim == 64)
      """, name: "@test.lua")
  }

  /// The environment is the process's, so this runs in one of its own.
  @Test("reads the digits where WORKBENCH_DATA says") func dataFolder() async {
    await #expect(processExitsWith: .success) {
      let folder = "/tmp/workbench-data-\(getpid())"
      mkdir(folder, 0o700)
      defer { rmdir(folder) }
      setenv("WORKBENCH_DATA", folder, 1)
      let session = try ScriptSession()
      do {
        _ = try session.lua.run("wb.data.digits()", name: "@test.lua")
        #expect(Bool(false))
      } catch {
        #expect(
          "\(error)".contains("there is no digits.csv in the folder that WORKBENCH_DATA names, \(folder)"))
      }
      let file = folder + "/digits.csv"
      let row = (0..<64).map { "\($0 % 17)" }.joined(separator: ",") + ",7\n"
      let handle = fopen(file, "w")
      fputs(row + row, handle)
      fclose(handle)
      defer { unlink(file) }
      let values = try session.lua.run(
        "local x, l = wb.data.digits() return x.shape[1], l[2]", name: "@test.lua")
      #expect(values.map(\.double) == [2, 7])
    }
  }

  @Test(
    "says what is wrong, in one sentence",
    arguments: [
      ("wb.data.spirals{}", "wb.data.spirals: option 'n' is required: an integer of at least 1"),
      ("wb.data.spirals{n = -1}", "option 'n' of wb.data.spirals: expected an integer of at least 1, got -1"),
      ("wb.data.checkerboard{n = 2, noise = 1}", "unknown option 'noise' of wb.data.checkerboard"),
      (
        "wb.data.two_moons{n = 2, nosie = 1}",
        "unknown option 'nosie' of wb.data.two_moons: did you mean 'noise'?"
      ),
      (
        "wb.data.two_moons{n = 2, noise = -1}",
        "wb.data.two_moons: noise must be a number of at least 0, got -1.0"
      ),
      (
        "wb.data.standardize{1, 0/0}", "wb.data.standardize: the data have NaN in row 2: remove or replace it"
      ),
      (
        "wb.data.whiten{{1, 2}, {3, 0/0}}",
        "wb.data.whiten: the data have NaN in row 2, column 2: remove or replace it"
      ),
      (
        "wb.data.whiten{{1, 2}, {2, 4}, {3, 6}}",
        "wb.data.whiten: the data cannot be whitened: their covariance is singular"
      ),
      (
        "local _, map = wb.data.standardize{{1, 2}, {3, 4}} map:apply{1, 2, 3}",
        "data transform:apply: expected 2 columns, as the data had, got an array of shape (3,)"
      ),
      (
        "wb.data.dequantise({1, 3}, {levels = 3})",
        "wb.data.dequantise: row 2 has the value 3.0, which is none of the levels 0, 1, …, 2"
      ),
      ("wb.data.dequantise({1})", "wb.data.dequantise: option 'levels' is required"),
      (
        "wb.data.split({1, 2}, {fractions = {0.5, 0.4}})",
        "wb.data.split: fractions must sum to 1, but they sum to 0.9"
      ),
      (
        "wb.data.split({1, 2}, {validation = 1})",
        "option 'validation' of wb.data.split: expected a number above 0 and below 1, got 1.0"
      ),
      ("wb.data.split({1, 2}, {validation = 0.1})", "wb.data.split: part 2 would have no row"),
      ("wb.data.split({}, {validation = 0.1})", "wb.data.split: expected data with at least one row"),
    ])
  func errors(_ source: String, _ message: String) throws {
    do {
      _ = try ScriptSession().lua.run(source, name: "@test.lua")
      Issue.record("no error")
    } catch { #expect("\(error)".hasPrefix("test.lua:1: ") && "\(error)".contains(message), "\(error)") }
  }
}
