"""Data to be timed: what several workers are good for."""

from __future__ import annotations

import time
import warnings

import torch
from torch.utils.data import DataLoader, Dataset


class SlowDataset(Dataset):
    """Examples that take 10 ms each to get, as an image takes that has to be decoded."""

    def __init__(self, count: int):
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        time.sleep(0.01)
        return torch.zeros(3), torch.tensor(index)


def seconds_per_epoch(dataset: Dataset, workers: int) -> float:
    """How long it takes to go once through a data set, in batches of 10."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on how many workers fit this machine
        loader = DataLoader(dataset, batch_size=10, num_workers=workers)
        began = time.perf_counter()
        for _ in loader:
            pass
        return time.perf_counter() - began
