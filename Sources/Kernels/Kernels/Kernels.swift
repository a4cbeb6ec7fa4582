@_exported import Arrays
@_exported import Estimation
@_exported import Execution
@_exported import Lanes
@_exported import Program
@_exported import Random
@_exported import SDE
@_exported import Scores
