#!/usr/bin/env python3
"""Run one peer once on ratings from a CSV; print what it took as one line of JSON.

    tools/peer_run.py RATINGS.csv WORK PEER [--rank 64] [--iterations 3] [--workers 2]

PEER is one of `versions`, `read`, `implicit-cg`, `implicit-cholesky`, `buffalo-cg`, `onedal`,
`spark`, `libmf` and `recommend`. Used by tools/compare_peers.py, which starts a process for each run, so
that peak memory is that of one run. `read` leaves the numbered matrix in WORK for the others.
"""
import argparse
import importlib.metadata
import json
import os
import resource
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("ratings")
parser.add_argument("work")
parser.add_argument("peer")
parser.add_argument("--rank", type=int, default=64)
parser.add_argument("--iterations", type=int, default=3)
parser.add_argument("--workers", type=int, default=2)
arguments = parser.parse_args()
# Threads of a BLAS below a peer's own threads slow the peer down.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
REGULARIZATION = 0.05
MATRIX = os.path.join(arguments.work, "matrix.npz")
FACTORS = os.path.join(arguments.work, "implicit.npz")


def versions():
    found = {}
    for name in ("implicit", "buffalo", "daal4py", "pyspark", "libmf", "numpy", "scipy", "pandas"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return {"versions": found}


def read():
    """CSV to both orientations in memory, with ids numbered."""
    import numpy
    import pandas
    import scipy.sparse
    begun = time.monotonic()
    frame = pandas.read_csv(arguments.ratings)
    users, _ = pandas.factorize(frame.iloc[:, 0])
    items, _ = pandas.factorize(frame.iloc[:, 1])
    values = frame.iloc[:, 2].to_numpy(numpy.float32)
    by_user = scipy.sparse.csr_matrix((values, (users, items)))
    by_user.T.tocsr()
    seconds = time.monotonic() - begun
    scipy.sparse.save_npz(MATRIX, by_user, compressed=False)
    return {"seconds": [seconds]}


def matrix():
    import scipy.sparse
    return scipy.sparse.load_npz(MATRIX)


def implicit(use_cg):
    from implicit.cpu.als import AlternatingLeastSquares
    ratings = matrix()
    moments = [time.monotonic()]
    model = AlternatingLeastSquares(
        factors=arguments.rank, regularization=REGULARIZATION, iterations=arguments.iterations,
        use_cg=use_cg, num_threads=arguments.workers, random_state=1)
    model.fit(ratings, show_progress=False,
              callback=lambda *_: moments.append(time.monotonic()))
    model.save(FACTORS)
    return {"seconds": [b - a for a, b in zip(moments, moments[1:])]}


def recommend():
    """The ten best unseen items of every user."""
    import numpy
    from implicit.cpu.als import AlternatingLeastSquares
    ratings = matrix()
    model = AlternatingLeastSquares.load(FACTORS)
    model.num_threads = arguments.workers
    begun = time.monotonic()
    model.recommend(numpy.arange(ratings.shape[0]), ratings, N=10, filter_already_liked_items=True)
    return {"seconds": [time.monotonic() - begun]}


def buffalo():
    import buffalo as peer
    option = peer.ALSOption().get_default_option()
    option.update({
        "d": arguments.rank, "num_iters": arguments.iterations, "num_workers": arguments.workers,
        "reg_u": REGULARIZATION, "reg_i": REGULARIZATION, "optimizer": "manual_cg",
        "compute_loss_on_training": False, "evaluation_on_learning": False})
    with tempfile.TemporaryDirectory() as folder:
        data = peer.MatrixMarketOptions().get_default_option()
        data.input.main = matrix()
        data.data.path = os.path.join(folder, "ratings.h5")
        data.data.tmp_dir = folder
        data.data.validation = None
        model = peer.ALS(option, data_opt=data)
        model.initialize()
        begun = time.monotonic()
        model.train()
        return {"seconds": [(time.monotonic() - begun) / arguments.iterations]}


def by_difference(train):
    """Seconds of an iteration where a peer reports none: a longer run less a short one."""
    train(1)  # The first run of a process pays for more than its iterations.
    times = []
    for iterations in (1, 1 + arguments.iterations):
        begun = time.monotonic()
        train(iterations)
        times.append(time.monotonic() - begun)
    return {"seconds": [(times[1] - times[0]) / arguments.iterations]}


def onedal():
    import daal4py
    daal4py.daalinit(arguments.workers)
    ratings = matrix()
    how = {"fptype": "float", "method": "fastCSR", "nFactors": arguments.rank}

    def train(iterations):
        initial = daal4py.implicit_als_training_init(**how).compute(ratings)
        daal4py.implicit_als_training(
            **how, maxIterations=iterations, alpha=1.0, lambda_=REGULARIZATION
        ).compute(ratings, initial.model)
    return by_difference(train)


def libmf():
    import numpy
    from libmf import mf
    ratings = matrix().tocoo()
    triples = numpy.column_stack([ratings.row, ratings.col, ratings.data]).astype(numpy.float32)

    def train(iterations):
        mf.MF(k=arguments.rank, nr_threads=arguments.workers, nr_iters=iterations, eta=0.1,
              lambda_p1=0.0, lambda_q1=0.0, lambda_p2=REGULARIZATION, lambda_q2=REGULARIZATION,
              quiet=True).fit(triples)
    return by_difference(train)


def spark():
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import SparkSession
    import pandas
    session = (SparkSession.builder.master(f"local[{arguments.workers}]")
               .config("spark.driver.memory", "16g").config("spark.ui.enabled", "false")
               .config("spark.sql.shuffle.partitions", "8").getOrCreate())
    session.sparkContext.setLogLevel("ERROR")
    ratings = matrix().tocoo()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ratings.parquet")
        pandas.DataFrame({"user": ratings.row, "item": ratings.col, "rating": ratings.data}
                         ).to_parquet(path)
        frame = session.read.parquet(path).cache()
        frame.count()

        def train(iterations):
            model = ALS(rank=arguments.rank, maxIter=iterations, regParam=REGULARIZATION, seed=1,
                        numUserBlocks=4, numItemBlocks=4).fit(frame)
            model.userFactors.count()
            model.itemFactors.count()
        return by_difference(train)


PEERS = {"versions": versions, "read": read, "implicit-cg": lambda: implicit(True),
         "implicit-cholesky": lambda: implicit(False), "recommend": recommend,
         "buffalo-cg": buffalo, "onedal": onedal, "spark": spark,
         "libmf": libmf}
result = PEERS[arguments.peer]()
# Spark works in a process of its own, the Java machine; what this one takes says nothing.
result["megabytes"] = (0 if arguments.peer == "spark"
                       else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
print(json.dumps(result))
