"""Long calls: callbacks, interruption, threads, processes, memory."""

import gc
import logging
import multiprocessing
import os
import pickle
import signal
import threading
import time

import blockals
import numpy as np
import pytest
import scipy.sparse as sp
from blockals import ALS
from conftest import random_ratings


def test_a_callback_hears_of_each_iteration_and_so_does_the_log(ratings, caplog):
    seen = []
    with caplog.at_level(logging.INFO, "blockals"):
        model = ALS(factors=3, iterations=4).fit(ratings, callback=seen.append)
    assert [done.iteration for done in seen] == [1, 2, 3, 4]
    assert [done.objective for done in seen] == [one["objective"] for one in model.history]
    assert len(caplog.records) == 4 and "objective" in caplog.text


def test_what_a_callback_raises_is_raised_and_the_checkpoint_stays(ratings, tmp_path):
    def third(done):
        if done.iteration == 3:
            raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        ALS(factors=3, iterations=9).fit(ratings, callback=third, model_path=tmp_path / "m")
    seen = []
    model = ALS(factors=3, iterations=9).fit(
        ratings, callback=lambda done: seen.append(done.iteration), model_path=tmp_path / "m")
    assert seen[0] in (3, 4) and seen[-1] == 9
    assert model.digest == ALS(factors=3, iterations=9).fit(ratings).digest


def test_an_interrupt_stops_cleanly_and_the_same_call_goes_on(ratings, tmp_path):
    sent = []

    def interrupt(done):
        # By then the tenth is on the disk, and perhaps the twentieth.
        if done.iteration == 25:
            sent.append(done.iteration)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        ALS(factors=3, iterations=100_000).fit(
            ratings, callback=interrupt, model_path=tmp_path / "m", checkpoint_interval=10)
    assert "blockals" not in [thread.name for thread in threading.enumerate()]
    iteration = len(ALS.load(tmp_path / "m").history)
    assert sent == [25] and iteration >= 10
    wanted = ALS(factors=3, iterations=iteration + 5).fit(ratings).digest
    assert ALS(factors=3, iterations=iteration + 5).fit(
        ratings, model_path=tmp_path / "m", checkpoint_interval=10).digest == wanted


def test_progress_bars_show(ratings, capsys):
    ALS(factors=2, iterations=3).fit(ratings, show_progress=True)
    assert "3/3" in capsys.readouterr().err


def test_threads_train_and_ask_at_once(ratings):
    wanted = ALS(factors=4, iterations=3).fit(ratings)
    ranking = wanted.recommend(3, ratings[3])[0]
    problems = []

    def work():
        for _ in range(10):
            if ALS(factors=4, iterations=3).fit(ratings).digest != wanted.digest:
                problems.append("digest")
            if not np.array_equal(wanted.recommend(3, ratings[3])[0], ranking):
                problems.append("ranking")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def digest_of(seed):
    return ALS(factors=3, iterations=2, workers=2).fit(random_ratings(seed=seed)).digest


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_processes_that_are_forked_between_calls_or_spawned_train(method):
    wanted = [digest_of(seed) for seed in range(3)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map_async(digest_of, range(3)).get(timeout=60) == wanted


def test_joblib_trains():
    from joblib import Parallel, delayed

    wanted = [digest_of(seed) for seed in range(3)]
    assert Parallel(n_jobs=2)(delayed(digest_of)(seed) for seed in range(3)) == wanted


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_that_is_forked_during_a_call_hears_of_it_and_does_not_hang(ratings):
    begun, over = threading.Event(), threading.Event()

    def wait(_):
        begun.set()
        over.wait(30)

    trainer = threading.Thread(
        target=lambda: ALS(factors=3, iterations=2).fit(ratings, callback=wait))
    trainer.start()
    assert begun.wait(30)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ALS(factors=3, iterations=2).fit(ratings)
            answer = b"trained"
        except blockals.ForkedError as error:
            answer = b"spawn" if "spawn" in str(error) else b"other"
        os.write(writer, answer)
        os._exit(0)
    over.set()
    trainer.join()
    assert os.read(reader, 10) == b"spawn"
    os.waitpid(child, 0)
    # The parent goes on.
    ALS(factors=3, iterations=1).fit(ratings)


def thread_count():
    return len(os.listdir("/proc/self/task"))


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_fits_leave_neither_memory_nor_threads_nor_files():
    matrix = random_ratings(20, 15, 100)

    def once():
        model = ALS(factors=3, iterations=1, workers=2).fit(matrix)
        model.recommend(1, matrix[1], N=3)
        model.explain(1, matrix, 2)
        with pytest.raises(blockals.SettingError):
            ALS(factors=-1).fit(matrix)

    for _ in range(200):
        once()
    gc.collect()
    memory, threads, files = resident(), thread_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(1000):
        once()
    gc.collect()
    assert thread_count() <= threads and len(os.listdir("/proc/self/fd")) <= files
    # A model takes 20 kB and more: a thousand that stayed would be far above.
    assert resident() - memory < 8 << 20


def test_errors_are_the_usual_ones_and_travel(ratings, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        ALS.load(tmp_path / "nothing")
    error = caught.value
    assert (error.kind, type(error)) == (66, blockals.NotThereError)
    assert error.hint and error.place in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.kind, str(again)) == (type(error), error.kind, str(error))
    with pytest.raises(ValueError) as caught:
        ALS(factors=9999).fit(ratings)
    assert caught.value.kind == 64
    with pytest.raises(MemoryError):
        ALS(memory=1000).fit(ratings)
    with pytest.raises(ArithmeticError):
        ALS(algorithm="sgd", learning_rate=1.0, learning_rate_damping=0.0,
            learning_rate_scaling="none").fit(sp.csr_matrix(ratings * 1e15))
    with pytest.raises(TypeError, match="cannot be copied"):
        pickle.dumps(ALS(factors=2, iterations=1).fit(ratings))


def test_subcommands_serve_those_who_work_with_files(written, tmp_path):
    path = blockals.partition([written], tmp_path / "p", holdout=0.2, user_blocks=2)
    assert blockals.inspect(path)["users"] > 0
    model = blockals.train(path, tmp_path / "m", rank=3, iterations=2)
    assert model.history[0]["holdoutRmse"] > 0
    figures = blockals.evaluate(tmp_path / "m", holdout=path, top=5)
    assert 0 <= figures["ndcg@5"] <= 1 and figures["rmse"] > 0
    table = blockals.tune(
        path, regularizations="0.05,0.2", rank=2, folds=2, iterations=2, train=tmp_path / "best")
    assert table and ALS.load(tmp_path / "best").factors == 2
    blockals.export(tmp_path / "m", tmp_path / "out", format="npy")
    with pytest.raises(FileExistsError):
        blockals.partition(written, tmp_path / "m")
    with pytest.raises(FileNotFoundError):
        blockals.train(tmp_path / "none", tmp_path / "n")
    with pytest.raises(blockals.SettingError):
        blockals.train(path, tmp_path / "n", rank=-1)


def test_the_time_that_a_call_takes_does_not_stop_other_threads(ratings):
    """The interpreter's lock is given back: another thread runs while the library works."""
    matrix = random_ratings(2000, 1000, 60_000)
    counted = []

    def count():
        while not done.is_set():
            counted.append(time.monotonic())
            time.sleep(0.001)

    done = threading.Event()
    other = threading.Thread(target=count)
    other.start()
    spans = []
    ALS(factors=128, iterations=3, workers=1).fit(
        matrix, callback=lambda one: spans.append((time.monotonic() - one.seconds,
                                                   time.monotonic())))
    done.set()
    other.join()
    inside = [sum(start < moment < end for moment in counted) for start, end in spans]
    assert all(inside)
