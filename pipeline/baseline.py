"""The obvious choice, for comparison: lemma TF-IDF and multinomial logistic regression, no codebook.

Every figure iken prints stands beside this one's.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from pipeline.arrays import Floats, Ints
from pipeline.tokenise import lemmas

# Above this many opinions, ten folds instead of leaving out one at a time.
LEAVE_ONE_OUT_LIMIT = 300
FOLDS = 10


def baseline_probabilities(
    texts: Sequence[str], y: Sequence[str], items: Sequence[str], groups: Ints
) -> Floats:
    """Return the baseline's probabilities (n, items) for opinions it did not see.

    Leave-one-out up to 300 opinions, ten folds above; `groups` (near-duplicates) are kept together.
    """
    out = np.zeros((len(texts), len(items)))
    for held in held_out_sets(groups):
        train = np.setdiff1d(np.arange(len(texts)), held)
        out[held] = fit_baseline([texts[i] for i in train], [y[i] for i in train], items)(
            [texts[i] for i in held]
        )
    return out


def fit_baseline(
    texts: Sequence[str], y: Sequence[str], items: Sequence[str]
) -> Callable[[Sequence[str]], Floats]:
    """Train the baseline and return its function from texts to probabilities (n, items).

    Codes that are no item (a policy, a goal) cannot teach it. An item without an example gets probability 0:
    the baseline cannot know it. With fewer than two items to tell apart, all are equally likely.
    """
    column = {c: i for i, c in enumerate(items)}
    known = [(t, c) for t, c in zip(texts, y, strict=True) if c in column]
    if len({c for _, c in known}) < 2:
        return lambda queries: np.full((len(queries), len(items)), 1.0 / len(items))
    vectoriser = TfidfVectorizer(analyzer=lemmas)
    # C=10: weaker regularisation than the default, without which so few examples teach almost nothing.
    model = LogisticRegression(C=10, max_iter=1000, random_state=0)
    with warnings.catch_warnings():
        # With hardly two opinions an item scikit-learn asks whether the codes are numbers.
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        model.fit(vectoriser.fit_transform([t for t, _ in known]), [c for _, c in known])
    columns = [column[c] for c in model.classes_]

    def probabilities(queries: Sequence[str]) -> Floats:
        out = np.zeros((len(queries), len(items)))
        out[:, columns] = model.predict_proba(vectoriser.transform(queries))
        return out

    return probabilities


def held_out_sets(groups: Ints) -> list[Ints]:
    """Return the index sets to hold out in turn: single groups, or ten folds of groups when there are many."""
    distinct = np.unique(groups)
    if len(groups) <= LEAVE_ONE_OUT_LIMIT:
        return [np.flatnonzero(groups == g) for g in distinct]
    shuffled = np.random.default_rng(0).permutation(distinct)
    return [np.flatnonzero(np.isin(groups, part)) for part in np.array_split(shuffled, FOLDS)]
