@_exported import Arrays
@_exported import Estimation
@_exported import Execution
@_exported import Lanes
@_exported import LinearAlgebra
@_exported import Program
@_exported import Random
@_exported import SDE
