"""Lesson 06: convolution over words, and a network that reads film reviews.

From ``text_conv1d`` on, arrays change from the lecture's channels-last (J, M) to
torch's channels-first (B, M, J). Code counts positions from 0, the lecture from 1.
Source: lecture 6, "CNNs in NLP" and "Pooling in NLP"; Kim (2014), "Convolutional
Neural Networks for Sentence Classification".
"""

import warnings

from ..engine.lesson import Lesson

LESSON = Lesson(
    title="A convolutional network that reads",
    reading=50,
    data=("movie_reviews", "rated_snippets", "glove"),
    exercises=(
        "build_vocabulary",
        "encode",
        "pad_batch",
        "text_conv1d",
        "WordCNN",
        "masked_pool",
        "TextCNN",
        "accuracy",
        "top_ngrams",
    ),
    trains=True,
    run_minutes=10,
    shorter={
        'train_cnn(train, dev, "random", watch': 'train_cnn(train, dev, "random", epochs=1, watch',
        "sentences=1000, filters=30)": "sentences=1000, filters=30, seeds=(0,), epochs=1)",
        "filters=30, epochs=5)": "filters=30, seeds=(0,), epochs=1)",
        'how="avg", filters=30)': 'how="avg", filters=30, seeds=(0,), epochs=1)',
    },
)

# torch warns that padding="same" copies its input if a filter's width is even, as Kim's 4 is.
# True, harmless, and no news for a student.
warnings.filterwarnings("ignore", message="Using padding='same' with even kernel lengths")
