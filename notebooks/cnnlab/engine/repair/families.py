"""Functions that are taken for each other, and what else is known of the names that people use."""

from __future__ import annotations

FAMILIES = (
    ("sum", "mean", "max", "min", "median", "prod", "std", "var"),
    ("amax", "amin"),
    ("argmax", "argmin", "max", "min"),
    ("zeros", "ones", "empty", "full"),
    ("zeros_like", "ones_like", "empty_like"),
    ("relu", "sigmoid", "tanh", "softmax", "gelu", "leaky_relu", "abs"),
    ("ReLU", "Sigmoid", "Tanh", "Softmax", "LeakyReLU", "Identity"),
    ("MaxPool2d", "AvgPool2d"),
    ("MaxPool1d", "AvgPool1d"),
    ("max_pool1d", "avg_pool1d"),
    ("max_pool2d", "avg_pool2d"),
    ("CrossEntropyLoss", "BCEWithLogitsLoss", "BCELoss", "MSELoss", "NLLLoss", "L1Loss"),
    ("cross_entropy", "binary_cross_entropy_with_logits", "mse_loss", "nll_loss", "l1_loss"),
    ("maximum", "minimum", "add", "multiply"),
    ("floor", "ceil", "round", "trunc"),
    ("dot", "matmul", "outer", "inner", "multiply"),
    ("vstack", "hstack", "concatenate", "stack"),
    ("concatenate", "stack"),
    ("cat", "stack"),
    ("unsqueeze", "squeeze"),
    ("float32", "float64", "int64", "long"),
    ("float", "double", "long", "int"),
    ("append", "extend"),
    ("lower", "upper", "strip"),
    ("train", "eval"),
    ("len", "sum", "max", "min"),
    ("Dropout", "Identity"),
    ("rows", "columns"),
)
"""Where one stands, another one may be meant."""

ALIKE: dict[str, tuple[str, ...]] = {}
for _family in FAMILIES:
    for _name in _family:
        known = ALIKE.get(_name, ())
        ALIKE[_name] = (*known, *(n for n in _family if n != _name and n not in known))

REDUCTIONS = {
    *(
        "sum",
        "mean",
        "max",
        "min",
        "median",
        "prod",
        "std",
        "var",
        "argmax",
        "argmin",
        "any",
        "all",
    ),
    *("softmax", "cumsum", "amax", "amin", "flip", "sort", "argsort", "norm"),
}
"""They work along an axis."""
