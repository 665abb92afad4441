"""Plausible wrong submissions of the later assignments: each loses its idea and gets its name."""

import pytest
from handed_in import changed, in_process

from rnncheck import ASSIGNMENTS

# assignment: rows of function, old text, new text, mistake
WRONG = {
    "lstm": [
        ("lstm_step", "i, f, o = (", "f, i, o = (", "order f, i, c̃, o"),
        ("lstm_step", "np.tanh(blocks[2])", "1 / (1 + np.exp(-blocks[2]))",
         "sigmoid for the candidate"),
        ("lstm_step", "f * c_before + i", "c_before + i", "forget gate missing"),
        ("lstm_step", "f * c_before", "f * h_before", "h in place of the old cell"),
        ("lstm_step", "o * np.tanh(c_t)", "o * c_t", "cell not squashed"),
        ("lstm_forward", "*states,", "states[0], c_0,", "cell not handed on"),
        ("lstm_step_back", "(1 - tanh_c**2)", "(1 - c_t**2)", "tanh missing in the cell's slope"),
        ("lstm_step_back", " + later_c", "", "later cell gradient left out"),
        ("lstm_step_back", "dc_t * c_before", "dc_t * c_t", "c_t in place of c_{t−1}"),
        ("lstm_step_back", "o * (1 - o)", "o", None),
        ("lstm_step_back", "delta, dc_t * f", "delta, dc_t", "f missing on the way back"),
        ("lstm_backward", "later_c, c[:, t], c_b", "0 * later_c, c[:, t], c_b",
         "cell gradient not handed back"),
        ("lstm_backward", "dh[:, t] + later", "dh[:, t]", "missing recurrent term"),
        ("lstm_backward", " if t > 0 else (h_0, c_0)", "",
         "index −1 in place of the initial states"),
    ],
    "derivation": [
        ("cross_entropy", "axis=-1, keepdims", "axis=1, keepdims", "softmax over the steps"),
        ("cross_entropy", "chosen[mask]).mean()", "chosen[mask]).sum()",
         "sum in place of the mean"),
        ("cross_entropy", "[mask]).mean()", ").mean()", "mask ignored"),
        ("cross_entropy", "np.log(", "np.log2(", "bits in place of nats"),
        ("cross_entropy_gradient", " / mask.sum()", "", "not divided by N"),
        ("cross_entropy_gradient", "mask.sum()", "mask.size", "masked positions counted"),
        ("cross_entropy_gradient", " * mask[..., np.newaxis]", "", "gradient at masked positions"),
        ("delta_step", "delta_later @ W_h.T", "delta_later @ W_h", "missing transpose"),
        ("delta_step", "1 - h_t**2", "1 - np.tanh(h_t)**2", "φ′ at h"),
        ("weight_gradients", "h_0[:, np.newaxis], h[:, :-1]", "h_0[:, np.newaxis] * 0, h[:, :-1]",
         "h_0 left out of dW_h"),
        ("weight_gradients", "reversed(range(x.shape[1]))", "range(x.shape[1])",
         "forward-running loop"),
        ("nudged", "(2 * eps)", "eps", "divided by eps"),
        ("nudged", "(1, -1)", "(-1, 1)", "minus in front"),
        ("nudged", "(2 * eps)", "1", "not divided"),
    ],
    "language_model": [
        ("lanes", "ids[:used].reshape(B, -1), ids[1 : used + 1].reshape(B, -1)",
         "ids[:used].reshape(-1, B).T, ids[1 : used + 1].reshape(-1, B).T", "dealt out in turn"),
        ("lanes", "ids[1 : used + 1]", "ids[:used]", "target is the input"),
        ("read", "for symbols", "state = h_0\n        for symbols", "each window starts from h_0"),
        ("read", "state @ W_h + b", "state @ W_h", "no bias"),
        ("bits_and_perplexity", "np.log2(came)", "np.log(came)",
         ("nats in place of bits", "2 to the nats")),
        ("bits_and_perplexity", "-np.log2(came).mean()", "-np.log2(came.mean())",
         "logarithm of the mean"),
        ("sample", "y / temperature", "y * temperature", "temperature multiplied"),
        ("sample", "(borders <= u[:, np.newaxis]).sum(axis=1)", "bent.argmax(axis=1)",
         "most probable symbol"),
        ("sample", "y / temperature", "y", "temperature ignored"),
        ("bigrams", "given * lower", "0", "nothing handed on"),
        ("bigrams", "(ids, np.roll(ids, -1))", "(np.roll(ids, -1), ids)",
         "rows and columns exchanged"),
        ("bigrams", "(counts > 0).sum(axis=1, keepdims=True)", "len(lower)",
         "d handed on for every symbol"),
        ("bigrams", "np.where(total > 0, P, lower)", "P", "unseen context left at zero"),
    ],
    "first_program": [
        ("days", "table[1:, hour]", "table[:-1, hour]", "target from the same day"),
        ("days", "table[1:, hour]", "table[1:, hour - 1]", "hours counted from 1"),
        ("days", "series[: whole * hours]", "series[len(series) % hours :]",
         "remainder dropped in front"),
        ("best_from_count", "share * np.maximum(equal, 1 - equal)", "share * equal",
         "always the answer equal"),
        ("best_from_count", " + comb(n - k, 2)", "", "pairs of plus only"),
        ("pad", "return x, mask", "return x, (x != 0).any(axis=2)",
         "mask by values that are zero"),
        ("pad", "return x, mask", "return x, np.arange(x.shape[1]) <= lengths[:, np.newaxis]",
         "mask one step too long"),
        ("last_valid", "ends = mask.sum(axis=1) - 1", "ends = -1", "last step of the array"),
        ("last_valid", "mask.sum(axis=1) - 1", "mask.argmin(axis=1)", "first padded step"),
        ("baselines", "np.bincount(y_train)", "np.bincount(y_test)",
         "majority of the test labels"),
        ("baselines", "y_test == answer", "y_train == answer", "measured on the training labels"),
        ("baselines", "not in known", "in known", "seen in place of new"),
    ],
    "fair_comparison": [
        ("standardised", "x[train_rows][mask[train_rows]]", "x[mask]", "all recordings asked"),
        ("standardised", "[mask[train_rows]]", ".reshape(-1, x.shape[2])", "padding counted"),
        ("standardised", " * mask[..., np.newaxis]", "", "padding moved"),
        ("standardised", "std(", "var(", "variance in place of deviation"),
        ("split_by_speaker", "judge = (left_out + 1) % (speaker.max() + 1)",
         "judge = left_out + 1", "no judge behind the last speaker"),
        ("split_by_speaker", "[2, 1]", "[1, 2]", "test and validation exchanged"),
        ("leak", "speaker[part == 2]", "np.unique(speaker[part == 2])",
         "speakers in place of recordings"),
        ("leak", "part == 0", "part < 2", "all but the test part taken for training"),
        ("nearest_neighbour", "speaker == s, speaker != s", "speaker == s, speaker == speaker",
         "recording itself not left out"),
        ("nearest_neighbour", "np.linalg.norm(gaps, axis=2)", "np.abs(gaps).sum(axis=2)",
         "sum of absolute differences"),
        ("paired", "np.sum(one & ~two), np.sum(two & ~one)", "np.sum(one), np.sum(two)",
         "all right answers counted"),
        ("paired", "2 * tail", "tail", "one side only"),
        ("paired", "min(pair) + 1", "min(pair)", "k below the smaller number"),
        ("paired", "np.sum(gap < 0)", "np.sum(gap <= 0)", "ties given to the second"),
    ],
}  # fmt: skip
CASES = [(name, *row) for name, rows in WRONG.items() for row in rows]


@pytest.mark.parametrize(("name", "function", "old", "new", "mistake"), CASES)
def test_a_plausible_wrong_submission_loses_its_idea_only(name, function, old, new, mistake):
    verdicts = in_process(name, changed(name, (function, old, new)), f"{name}.ipynb")
    verdict = verdicts[function]
    if mistake is None:  # none of the known ones: some ideas work by themselves
        assert verdict.unknown and 0 < verdict.points < verdict.function.points
    else:
        names = (mistake,) if isinstance(mistake, str) else mistake
        assert verdict.mistakes == names
        lost = {i for m in verdict.function.mistakes if m.name in names for i in m.ideas}
        assert {i for i, points in verdict.ideas.items() if not points} == lost
    others = [v for n, v in verdicts.items() if n != function]
    assert all(v.points == v.function.points for v in others)


@pytest.mark.parametrize("name", WRONG)
def test_there_are_eight_for_each_assignment(name):
    written = {row[0] for row in WRONG[name]}
    assert len(WRONG[name]) >= 8 and written == {f.name for f in ASSIGNMENTS[name].functions}
