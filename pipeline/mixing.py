"""From what two experts say to one honest prediction: the gate, its scales and the confidence, learned held out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.arrays import Bools, Floats, Ints
from pipeline.confidence import choose_confidence, probabilities
from pipeline.gate import Evidence, combine, fit_gate, standard

# Fewer opinions coded to items, copies counted once, say too little of how confident to be.
ENOUGH_OPINIONS = 30
# With fewer, authored texts say it, which are easier than what residents write. A model that had read none of the 84
# coded opinions was true of them at this many times the temperature that authored texts ask for (decision 18).
_RESIDENTS_ARE_HARDER = 1.8
_NESTED_FOLDS = 12
_TEXTS_PER_ITEM = 20  # so many authored texts say as much of eight numbers as all of them do
# Without enough to learn from: both experts at the same strength (`gate` starts its search beside it).
_UNLEARNED = np.array([2.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True)
class Mixing:
    """How the experts are combined.

    gate : (8,) see `gate.combine`
    nearness, voice : mean and standard deviation that these are measured in
    temperature, label_noise : see `confidence.probabilities`
    """

    gate: Floats
    nearness: tuple[float, float]
    voice: tuple[float, float]
    temperature: float
    label_noise: float

    def probabilities(self, evidence: Evidence) -> Floats:
        """Return the probabilities of the items (n, items)."""
        logits = combine(self.gate, self.standardised(evidence))
        return probabilities(logits, self.temperature, self.label_noise)

    def standardised(self, evidence: Evidence) -> Evidence:
        """Return the evidence with nearness and voice in standard deviations from their mean."""
        near, voice = (
            (values - mean) / spread
            for values, (mean, spread) in ((evidence.nearness, self.nearness), (evidence.voice, self.voice))
        )
        return replace(evidence, nearness=near, voice=voice)


def at_their_word(item_opinions: int, authored_texts: int) -> bool:
    """Tell whether confidences are all there is to go by: too few opinions to correct them, but authored texts.

    Parameters
    ----------
    item_opinions, authored_texts : opinions coded to items (near-duplicates counted once), and authored texts of
        items, that a model learned from
    """
    return item_opinions < ENOUGH_OPINIONS and authored_texts > 0


def learn_mixing(
    coded: Evidence, gold: Ints, groups: Ints, written: Evidence, item: Ints, authored_total: float
) -> tuple[Mixing, Floats]:
    """Learn how to combine the experts from what each says of texts that it did not learn from.

    Parameters
    ----------
    coded, gold, groups : n coded opinions, their items, and which of them are left out together
    written, item : authored texts of items, and which
    authored_total : how many coded opinions all authored texts together count for

    Returns
    -------
    mixing
    held_out : (n, items) probabilities of the coded opinions, gate and confidence learned without them too
    """
    items = coded.local.shape[1]
    rows = np.arange(0, len(item), max(1, len(item) // (_TEXTS_PER_ITEM * items)))
    raw, answer = coded.and_also(written[rows]), np.concatenate([gold, item[rows]])
    weights = np.ones(len(answer))
    weights[len(gold) :] = authored_total / max(len(rows), 1)
    # Without coded opinions nothing is near or far.
    scales = (standard(raw.nearness), standard(raw.voice)) if len(gold) else ((0.0, 1.0), (0.0, 1.0))
    start = Mixing(_UNLEARNED, *scales, 1.0, 0.0)
    evidence = start.standardised(raw)

    distinct = np.unique(groups)
    enough = len(distinct) >= ENOUGH_OPINIONS  # of all, so that folds are like the whole

    def learn(kept: Bools, opinions: int) -> Mixing:
        # Eight numbers cannot be told from a handful of opinions: what is not learned is truer (decision 18).
        if not kept.any() or not (len(rows) or enough):
            return start
        gate = fit_gate(evidence[kept], answer[kept], weights[kept])
        # Confidence must be true for what residents say, and authored texts are easier.
        judged = np.flatnonzero(kept)[: opinions if enough else None]
        temperature, noise = choose_confidence(combine(gate, evidence[judged]), answer[judged])
        if not enough:
            temperature = round(_RESIDENTS_ARE_HARDER * temperature, 6)
        return replace(start, gate=gate, temperature=temperature, label_noise=noise)

    held_out = np.full((len(gold), items), 1.0 / items)
    for fold in range(min(_NESTED_FOLDS, len(distinct))):
        out = np.isin(groups, distinct[fold::_NESTED_FOLDS])
        kept = np.concatenate([~out, np.ones(len(rows), bool)])
        held_out[out] = learn(kept, int((~out).sum())).probabilities(coded[out])
    return learn(np.ones(len(answer), bool), len(gold)), held_out
