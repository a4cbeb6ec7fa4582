// swift-tools-version: 6.2
import PackageDescription

// Two compiler flags make the numerics fast (docs/performance.md has the measurements):
//   -fno-math-errno   lets `squareRoot()` be an instruction, so that the loops around it become vector code;
//   -march            FMA and the machine's vector width: `native` unless WORKBENCH_CPU names another
//                     target, for example WORKBENCH_CPU=x86-64-v3 for a binary that also runs elsewhere.
let cpu = Context.environment["WORKBENCH_CPU"] ?? "native"

let swift: [SwiftSetting] = [
  .unsafeFlags(["-Xcc", "-fno-math-errno", "-Xcc", "-march=\(cpu)"]),
  .treatAllWarnings(as: .error),
]
let c: [CSetting] = [
  .unsafeFlags(["-O3", "-march=\(cpu)", "-fno-math-errno", "-Wall", "-Wextra", "-Werror"])
]

/// A module of the mathematics: a folder of Sources/Kernels.
func kernel(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Kernels/\(name)", swiftSettings: swift)
}

let package = Package(
  name: "workbench",
  products: [
    .library(name: "Kernels", targets: ["Kernels"]),
    .executable(name: "workbench", targets: ["Workbench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // C at the edges.
    .target(
      name: "CLua", cSettings: c, linkerSettings: [.linkedLibrary("lua5.4"), .linkedLibrary("m")]),
    .target(name: "CLineEdit", cSettings: c, linkerSettings: [.linkedLibrary("edit")]),
    // OpenBLAS, from Debian's libopenblas-dev: its header here, the library itself at the first use.
    .target(name: "CBlas", cSettings: c),
    .systemLibrary(name: "CNLopt", providers: [.apt(["libnlopt-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

    // The mathematics. None of it knows Lua, a terminal or a file format.
    .target(name: "CTarget", cSettings: c),
    kernel("Lanes", ["CTarget"]),
    kernel("Program", ["Lanes"]),
    kernel("LinearAlgebra", ["CBlas"]),
    kernel("Arrays", ["LinearAlgebra"]),
    kernel("Random", ["Lanes"]),
    kernel("Execution", ["LinearAlgebra", "Lanes", "Random", "Program"]),
    kernel("Density", ["Lanes", "Random", "Program", "Execution", "Arrays"]),
    kernel("Training", ["Lanes", "LinearAlgebra", "Random", "Program", "Execution", "CNLopt"]),
    kernel("SDE", ["Lanes", "Random", "Program", "Execution", "Arrays", "Training"]),
    kernel("Estimation", ["Program", "Execution", "SDE", "Arrays", "CNLopt"]),
    kernel("Distances", ["Lanes", "Random", "Execution", "Arrays", "LinearAlgebra"]),
    kernel("Nets", ["Lanes", "Random", "Program", "Execution"]),
    kernel("Scores", ["Lanes", "Program", "Random", "Execution", "Arrays"]),
    kernel("Oracle", ["Program", "Random", "Execution", "Arrays", "Density", "Distances"]),
    kernel(
      "Kernels",
      [
        "Lanes",
        "Random",
        "Program",
        "LinearAlgebra",
        "Execution",
        "Arrays",
        "SDE",
        "Estimation",
        "Density",
        "Distances",
        "Nets",
        "Scores",
        "Oracle",
        "Training",
      ]),

    .target(name: "Files", dependencies: ["Arrays", "CZlib"], swiftSettings: swift),
    .target(name: "LuaBridge", dependencies: ["CLua", "Kernels", "Files", "Plots"], swiftSettings: swift),

    // The program. What can be tested alone is a module of its own: an executable cannot be imported in
    // a release build.
    .target(name: "Plots", path: "Sources/Workbench/Plots", swiftSettings: swift),
    .target(
      name: "Terminal", dependencies: ["CLineEdit"], path: "Sources/Workbench/Terminal", swiftSettings: swift),
    .executableTarget(
      name: "Workbench",
      dependencies: [
        "LuaBridge", "Kernels", "Files", "Plots", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["Plots", "Terminal"], swiftSettings: swift),

    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "Files"], exclude: ["LanesReference"],
      swiftSettings: swift),
    .testTarget(
      name: "LuaBridgeTests", dependencies: ["LuaBridge", "CLua", "Kernels", "Files"], swiftSettings: swift),
    .testTarget(
      name: "WorkbenchTests", dependencies: ["Workbench", "Plots", "Terminal"], swiftSettings: swift),
  ]
)
