import Foundation
import Testing

private let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts").path

/// The scripts about scores, with less work than they do by themselves; `WORKBENCH_SLOW=1` runs them as they stand.
@Suite("Scripts that train", .serialized) struct ScoreScriptTests {
  private let isSlow = ProcessInfo.processInfo.environment["WORKBENCH_SLOW"] == "1"

  private func run(_ script: String, _ settings: [String] = [], in folder: Folder) -> CommandLine.Result {
    let options = isSlow ? [] : settings.flatMap { ["--set", $0] }
    return CommandLine.run(
      ["run", "\(scripts)/\(script)", "--out", "out"] + options, in: folder, seconds: 600)
  }

  @Test func scoreInThePlane() {
    let folder = Folder()
    let result = run("train_score_2d.lua", ["steps=900", "data=50000", "paths=1500"], in: folder)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("all checks passed"))
    #expect(result.output.contains("floor -3.99978 (oracle)"), "\(result.output)")
    for name in ["score_2d.png", "score_2d_loss.png", "score_2d.safetensors"] {
      #expect(folder.bytes("out/\(name)").count > 5000, "\(name)")
    }
    // A control: what was trained too little fails, and says at what.
    let short = CommandLine.run(
      ["run", "\(scripts)/train_score_2d.lua", "--set", "steps=30", "--set", "data=5000"], in: folder)
    #expect(short.code == 1)
    #expect(
      short.errors.contains("the implicit loss is off its least value by more than 0.1"), "\(short.errors)")
  }

  @Test func digitsInTwoProcesses() {
    let folder = Folder()
    let early = run("use_trained_model.lua", in: folder)
    #expect(early.code == 1)
    #expect(early.errors.contains("run scripts/train_digits.lua first"), "\(early.errors)")
    let trained = run("train_digits.lua", ["steps=900"], in: folder)
    #expect(trained.code == 0, "\(trained.errors)")
    #expect(trained.output.contains("all checks passed"))
    let used = run("use_trained_model.lua", ["samples=200", "steps=40"], in: folder)
    #expect(used.code == 0, "\(used.errors)")
    #expect(used.output.contains("all checks passed"))
    for name in [
      "digits.safetensors", "digits_ladder.npz", "digits_loss.png", "digits_levels.png", "digits_samples.png",
    ] { #expect(folder.bytes("out/\(name)").count > 500, "\(name)") }
    // A control: a net that knows nothing draws no digits.
    let empty = CommandLine.run(
      ["run", "\(scripts)/train_digits.lua", "--out", "out", "--set", "steps=1", "--set", "width=16"],
      in: folder)
    #expect(empty.code == 1)
    #expect(empty.errors.contains("normal law"), "\(empty.errors)")
    let noise = run("use_trained_model.lua", ["samples=200", "steps=40"], in: folder)
    #expect(noise.code == 1)
  }
}
