import Kernels

extension Module {
  func defineToyLaws() {}
}
