"""Taking from nbgrader's exchange what students handed in there, and following no link."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

from ..paths import open_file, why_not
from ..terminal import visible


class Collect(ExchangeCollect):
    """For ``c.ExchangeFactory.collect``: takes files from the exchange, and follows no link.

    Students own what lies there, so each file is opened first and looked at then.
    """

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy the regular files of a folder, as the settings of the course allow."""
        why = why_not(Path(src), Path(src).parent) or why_not(Path(dest), Path(self.coursedir.root))
        if why:
            self.log.error("%s: NOT COLLECTED: %s", visible(Path(src).name), why)
            return
        if self.get_size(src) > 1000 * self.coursedir.max_dir_size:
            raise RuntimeError(f"{visible(src)} is larger than CourseDirectory.max_dir_size allows")
        course = self.coursedir
        ignored = ignore_patterns(course.ignore, course.include, course.max_file_size, self.log)
        mode = 0o2770 if course.groupshared else 0o700
        for here, folders, files, handle in os.fwalk(src, follow_symlinks=False):
            left = set(ignored(here, [*folders, *files]))
            folders[:] = [f for f in folders if f not in left]
            target = Path(dest) / Path(here).relative_to(src)
            target.mkdir(parents=True)
            target.chmod(target.stat().st_mode | mode)
            for name in files:
                if name not in left:
                    self._copy(name, handle, target / name)

    def _copy(self, name: str, folder: int, target: Path) -> None:
        """One file, if it is one. folder: an open one."""
        try:
            with open_file(name, folder) as file, target.open("xb") as copy:
                shutil.copyfileobj(file, copy)
                # By the times of two notebooks the newer one is known.
                about = os.fstat(file.fileno())
            os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))
        except OSError as problem:
            self.log.warning("%s: left, it is a link or no file (%s)", visible(name), problem)
            return
        if self.coursedir.groupshared:
            target.chmod(target.stat().st_mode | stat.S_IRGRP | stat.S_IWGRP)
