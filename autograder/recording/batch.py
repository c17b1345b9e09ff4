"""Many submissions at once: worker processes of this machine, or a Dask cluster.

A worker that dies takes only its own submission along, and that one is a fault of ours.
"""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import ExitStack, contextmanager

from ..course import CourseError
from ..judging import worker
from ..judging.worker import Job, Judged, work
from ..sandbox.warm import close_kept


def judged(
    jobs: Iterable[Job], workers: int, scheduler: str | None = None
) -> Iterator[tuple[Job, Judged]]:
    """(job, what came of it) as they are done; a worker that dies takes only its own job along."""
    jobs = iter(jobs)
    first = list(itertools.islice(jobs, 2))
    jobs = itertools.chain(first, jobs)
    if scheduler:
        with _cluster(scheduler) as (pool, workers):
            yield from _through(pool, workers, jobs, [])
        return
    if workers == 1 or len(first) < 2:
        try:
            for job in jobs:
                yield job, work(job)
        finally:
            close_kept()
        return
    lost = first
    while lost:
        lost = []
        with pool_of(workers) as pool:
            yield from _through(pool, workers, jobs, lost)
        yield from _one_by_one(lost)


def _through(
    pool: Executor, workers: int, jobs: Iterator[Job], lost: list[Job]
) -> Iterator[tuple[Job, Judged]]:
    """Send the jobs through a pool. Those during which it breaks go to ``lost``.

    Two jobs per worker are under way at a time, so memory does not grow with the class.
    """
    running: dict[Future, Job] = {}
    while True:
        for job in itertools.islice(jobs, 0 if lost else 2 * workers - len(running)):
            try:
                running[pool.submit(work, job)] = job
            except BrokenExecutor:
                lost.append(job)
                break
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            job = running.pop(future)
            try:
                answer = future.result()
            except BrokenExecutor:  # it does not say by which job
                lost.append(job)
                continue
            except Exception as problem:
                answer = _ended(problem)
            yield job, answer


def _one_by_one(jobs: list[Job]) -> Iterator[tuple[Job, Judged]]:
    """Each job alone, to see which of them breaks its pool."""
    with ExitStack() as pools:
        pool = None
        for job in jobs:
            pool = pool or pools.enter_context(pool_of(1))
            try:
                answer = pool.submit(work, job).result()
            except Exception as problem:
                answer, pool = _ended(problem), None
            yield job, answer


def _ended(problem: Exception) -> Judged:
    return Judged("fault", 0.0, (f"the worker ended ({problem})",))


@contextmanager
def _cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """A Dask cluster, and how many jobs it does at once. Raises CourseError if there is none."""
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "--scheduler needs Dask, which is not installed: pip install distributed"
        ) from None
    try:
        client = Client(address, timeout=5)
    except (OSError, ValueError) as problem:
        raise CourseError(
            f"there is no Dask scheduler at {address!r} ({problem}). Start one with `dask "
            "scheduler` and give the address that it prints, such as tcp://host:8786."
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=10)
        except TimeoutError:
            raise CourseError(
                f"the scheduler at {address} has no workers. Start some, each with "
                f"`dask worker {address} --nthreads 1`, where this package is installed."
            ) from None
        # Not pure: equal jobs are not the same job, and nothing is taken from an earlier run.
        yield client.get_executor(pure=False), sum(client.nthreads().values())


def pool_of(workers: int) -> Executor:
    """Worker processes, forked from a clean process that has imported torch once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([worker.__name__])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=worker.end_with_the_grader)
