import BlockMatrix
import BlockStore
import Glibc

/// How this process was started: alone, or as one of the ranks of a job.
///
/// As the environment says, which Open MPI, PMIx, PMI and Slurm set; before anything of MPI is
/// loaded.
struct Launch {
  let rank: Int
  let rankCount: Int
  /// Whether MPI has started it.
  let isMPI: Bool
  /// Tasks of the Slurm step that it is one of; 1 without Slurm.
  let slurmTasks: Int

  static let current = Launch { name in
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Whether this process prints.
  var speaks: Bool { rank == 0 }

  init(_ variable: (String) -> String?) {
    func number(_ names: [String]) -> Int? {
      for name in names { if let text = variable(name) { return Int(text) } }
      return nil
    }
    let rankNames = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]
    slurmTasks = max(1, number(["SLURM_STEP_NUM_TASKS"]) ?? 1)
    isMPI = number(rankNames) != nil
    rank = max(0, number(rankNames + ["SLURM_PROCID"]) ?? 0)
    rankCount = max(1, number(["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]) ?? (isMPI ? slurmTasks : 1))
  }

  /// Waits a moment on ranks that do not print: with the first process that ends, mpirun ends all.
  func letFirstSpeak() {
    if !speaks { sleep(1) }
  }

  /// Refuses to do as many times what is done once.
  func requireOne(_ command: String) throws(Failure) {
    guard rankCount > 1 || slurmTasks > 1 else { return }
    throw Failure(
      .usage, "\(command) runs as one process, and \(max(rankCount, slurmTasks)) were started",
      hint: "start it without mpirun; only train runs on several ranks")
  }

  /// Refuses processes that Slurm has started side by side, each of which would train alone into
  /// the same model.
  func requireNoSingletons(worldSize: Int) throws(Failure) {
    guard slurmTasks > 1, worldSize == 1 else { return }
    throw Failure(
      .usage, "Slurm has started \(slurmTasks) processes that do not know of each other",
      hint: "start them by srun --mpi=pmix, or by mpirun in the batch script")
  }
}
