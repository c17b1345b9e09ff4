"""Make china.png from the sample photograph china.jpg of scikit-learn.

    pip install scikit-learn==1.9.1 pillow
    python data/make_china_png.py

The whole picture, 640×427 pixels, is scaled down to 240×160.
"""

from pathlib import Path

from PIL import Image
from sklearn.datasets import load_sample_image

TARGET = Path(__file__).with_name("china.png")


def main() -> None:
    photograph = Image.fromarray(load_sample_image("china.jpg"))
    part = TARGET.with_suffix(".part")
    photograph.resize((240, 160), Image.Resampling.LANCZOS).save(part, "PNG", optimize=True)
    part.replace(TARGET)


if __name__ == "__main__":
    main()
