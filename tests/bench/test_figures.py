import json
import math

from bench import figures
from bench.figures import Figure, Result, percentile

SLOW = Figure("answer to agent", 30.0, "ms", "bare script", 2.0, "baseline + 20 ms", met=False)
PLAIN = Figure("time", 12.345678, "s")


def result(*found: Figure) -> Result:
    return Result("connect", "abc", "a machine", 12.0, found)


def test_a_figure_is_held_against_the_baseline_of_its_run():
    assert SLOW.ratio == 15.0
    assert PLAIN.ratio is None
    assert Figure("x", 1.0, "s", "nothing", 0.0).ratio is None


def test_percentiles_of_few_values_lie_between_them():
    assert percentile(range(101), 50) == 50
    assert percentile([7.0], 99) == 7.0
    assert math.isnan(percentile([], 99))


def test_results_are_written_as_json_with_four_digits(tmp_path):
    path = figures.save(result(SLOW, PLAIN, Figure("none", float("nan"), "ms")), tmp_path)

    written = json.loads(path.read_text())
    assert path.name == "connect.json"
    assert written["figures"][0]["ratio"] == 15.0
    assert [figure["value"] for figure in written["figures"]] == [30.0, 12.35, None]
    assert [figure["met"] for figure in written["figures"]] == [False, None, None]


def test_the_table_shows_what_was_missed():
    text = figures.table(result(SLOW, PLAIN))

    assert "answer to agent  30 ms" in text
    assert "baseline + 20 ms  NO" in text
