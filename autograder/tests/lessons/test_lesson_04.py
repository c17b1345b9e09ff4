"""Lesson 04: the digits, and a LeNet that learns to read them."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from cnnlab.data import digits, digits_sample
from cnnlab.engine.examine import examine
from cnnlab.lesson_04_pooling.figures.digits import changed, shifted, shuffled_cells, strokes
from cnnlab.lesson_04_pooling.figures.training import probabilities, train
from cnnlab.lesson_04_pooling.lenet import LeNet
from cnnlab.lesson_04_pooling.max_pool2d import max_pool2d
from IPython.utils.capture import capture_output


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_lenet_reads_96_of_100_new_digits(seed):
    images, labels = digits()
    torch.manual_seed(seed)
    model = LeNet.reference()
    start = time.process_time()
    with capture_output():
        train(model, images[:4000], labels[:4000], seed=seed)
    seconds = time.process_time() - start
    right = (probabilities(model, images[4000:]).argmax(axis=1) == labels[4000:]).mean()
    print(f"{right:.1%} in {seconds:.0f} s of CPU")
    assert right >= 0.96


def test_the_digits_are_500_of_each_in_mixed_order_and_the_sample_is_100_of_each_of_them():
    images, labels = digits()
    assert images.shape == (5000, 28, 28) and images.dtype == np.uint8
    assert np.bincount(labels).tolist() == [500] * 10
    assert np.bincount(labels[4000:]).min() > 70
    fewer, their_labels = digits_sample()
    assert np.bincount(their_labels).tolist() == [100] * 10
    known = {(image.tobytes(), label) for image, label in zip(images, labels, strict=True)}
    assert all((i.tobytes(), n) in known for i, n in zip(fewer, their_labels, strict=True))


def test_shuffling_inside_cells_leaves_the_pooled_map_as_it_is():
    images = digits_sample().images[:20]
    for P in (2, 4, 7):
        mixed = shuffled_cells(images, P)
        assert (mixed != images).any()
        for before, after in zip(images, mixed, strict=True):
            assert np.array_equal(
                max_pool2d.reference(before[:, :, None], P, P),
                max_pool2d.reference(after[:, :, None], P, P),
            )


def test_a_moved_digit_changes_its_feature_map_more_than_its_pooled_map():
    images = digits_sample().images[:200]
    before, after = strokes(images), strokes(shifted(images, 1))
    cells = [m.reshape(-1, 7, 4, 7, 4).max(axis=(2, 4)) for m in (before, after)]
    assert changed(*cells).mean() < changed(before, after).mean() / 2
    assert np.array_equal(shifted(images, 2, 3)[:, 3:, 2:], images[:, :-3, :-2])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_networks_layers_are_followed_whatever_they_are_written_with(count):
    """With ``count`` of its two blocks complete, a network is right only with both."""
    pools = [torch.nn.MaxPool2d(2) if i < count else torch.nn.Identity() for i in range(2)]
    size = {0: 24, 1: 10}.get(count, 5)

    def build(classes=10):
        return torch.nn.Sequential(
            torch.nn.Conv2d(1, 4, 5, padding=2), torch.nn.Softplus(), pools[0],
            torch.nn.Conv2d(4, 8, 5), torch.nn.Softplus(), pools[1],
            torch.nn.Flatten(), torch.nn.Linear(8 * size * size, classes),
        )  # fmt: skip

    report = examine(LeNet, build)
    pooling = next(r for r in report.results if r.case.name == "pooling after each convolution")
    assert (pooling.problem is None) == (count >= 2)
