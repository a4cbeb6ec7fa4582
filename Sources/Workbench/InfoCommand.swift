import ArgumentParser
import Glibc
import Kernels

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show what this program was built for and what it found on this machine.")

  func run() throws {
    let vector = VectorUnit.compiled
    print("workbench \(Version.text)")
    print(
      "  vectors      \(vector.bits) bits: \(vector.bits / 32) singles or \(vector.bits / 64) doubles at once"
    )
    print("  FMA          \(vector.hasFMA ? "yes" : "no")")
    print("  OpenBLAS     \(Self.blas)")
    print("  processors   \(sysconf(Int32(_SC_NPROCESSORS_ONLN)))")
    print(
      "  gnuplot      \(Self.find("gnuplot") ?? "not found: plots need it (apt-get install gnuplot-nox)")")
    print("  methods      \(methods.map(\.name).joined(separator: ", "))")
    if Blas.isHeldBack {
      print("warning: OPENBLAS_CORETYPE asks for kernels without AVX-512, which this processor has: matrix")
      print("         products take about twice as long as without that variable")
    }
    if !vector.hasFMA {
      print(
        "warning: built without FMA instructions: every a*b + c is a library call, about 40 times slower;")
      print("         build with WORKBENCH_CPU=native (or x86-64-v3)")
    }
  }

  /// What the matrix products run on.
  private static var blas: String {
    do {
      try Blas.requireLibrary()
      return "kernels for \(Blas.coreName ?? "an unknown processor")"
    } catch {
      return error.reason
    }
  }

  /// Where a program is on the PATH.
  private static func find(_ program: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    return path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }
}
