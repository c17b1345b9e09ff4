"""Many submissions at once: worker processes of this machine, or a Dask cluster.

A worker that dies takes only its own submission along, and that one is a fault of ours.
"""

from __future__ import annotations

import dataclasses
import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import ExitStack, contextmanager
from typing import Any

from ..course import CourseError
from ..judging import worker
from ..judging.worker import UNFINISHED, Job, Judged, Look, Looked, look, work
from ..sandbox.inside.limits import TURNS
from ..sandbox.warm import close_kept

Do = Callable[[Any], Any]


class Workers:
    """Who does the work: worker processes, this process where one is enough, or a Dask cluster.

    count: one per core if None. They keep what is warm until the block is left.
    """

    def __init__(self, count: int | None = None, scheduler: str | None = None):
        self._count, self._scheduler = count or os.cpu_count() or 1, scheduler
        self._open = ExitStack()
        self._pool: Executor | None = None

    def __enter__(self) -> Workers:
        if self._scheduler:
            self._pool, self._count = self._open.enter_context(_cluster(self._scheduler))
        self._open.callback(close_kept)
        return self

    def __exit__(self, *problem: Any) -> None:
        self._open.close()

    def judged(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Judged]]:
        """(job, what came of it) as they are done; who needs long comes behind all others."""
        for seconds in TURNS:
            turn = (dataclasses.replace(job, seconds=seconds) for job in jobs)
            jobs = []
            for job, answer in self._done(work, turn):
                answer = _ended(answer) if isinstance(answer, Exception) else answer
                if answer.status == UNFINISHED and seconds != TURNS[-1]:
                    jobs.append(job)
                else:
                    yield job, answer

    def looked(self, jobs: Iterable[Look]) -> Iterator[tuple[Look, Looked]]:
        """(job, what was found), the same way."""
        for job, answer in self._done(look, jobs):
            yield job, {} if isinstance(answer, Exception) else answer

    def _done(self, do: Do, jobs: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """(job, what came of it or what went wrong); who dies takes only the job in hand along."""
        jobs = iter(jobs)
        first = list(itertools.islice(jobs, 2))
        jobs = itertools.chain(first, jobs)
        if self._pool is None and (self._count == 1 or len(first) < 2):
            for job in jobs:
                yield job, do(job)
            return
        lost = first
        while lost:
            lost = []
            yield from self._through(do, jobs, lost)
            if lost and not self._scheduler:
                self._open.close()
                self._pool = None
                yield from _one_by_one(do, lost)

    def _through(self, do: Do, jobs: Iterator[Any], lost: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Send the jobs through a pool. Those during which it breaks go to ``lost``.

        Two jobs per worker are under way at a time, so memory does not grow with the class.
        """
        self._pool = pool = self._pool or self._open.enter_context(pool_of(self._count))
        running: dict[Future, Any] = {}
        while True:
            for job in itertools.islice(jobs, 0 if lost else 2 * self._count - len(running)):
                try:
                    running[pool.submit(do, job)] = job
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
                    answer = problem
                yield job, answer


def _one_by_one(do: Do, jobs: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Each job alone, to see which of them breaks its pool."""
    with ExitStack() as pools:
        pool = None
        for job in jobs:
            pool = pool or pools.enter_context(pool_of(1))
            try:
                answer = pool.submit(do, job).result()
            except Exception as problem:
                answer, pool = problem, None
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
