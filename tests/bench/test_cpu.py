from bench import cpu
from bench.cpu import Usage

STAT = "4211 (tmux: (a) b) S 7 4211 4211 0 -1 4194560 9 9 0 0 150 50 30 20 20 0 1 0 5 1 1"


def test_reads_a_process_whose_name_holds_blanks_and_parentheses():
    usage = cpu.parse(STAT)

    assert (usage.pid, usage.parent) == (4211, 7)
    assert usage.own == 200 / cpu.TICKS
    assert usage.reaped == 50 / cpu.TICKS


def test_a_process_is_counted_with_its_descendants_and_those_that_have_ended():
    postmaster = Usage(10, 1, own=1.0, reaped=5.0)
    backend, worker, stranger = Usage(11, 10, 2.0, 0), Usage(12, 11, 4.0, 0), Usage(13, 1, 100.0, 0)
    everything = {usage.pid: usage for usage in (postmaster, backend, worker, stranger)}

    assert cpu.tree(10, everything) == {10, 11, 12}
    assert cpu.seconds([10], everything) == 12.0
    assert cpu.seconds([10], everything, without=[11]) == 10.0


def test_a_process_that_is_gone_has_spent_nothing():
    assert cpu.seconds([99], {}) == 0


def test_what_a_process_spends_is_seen_from_outside():
    meter = cpu.Meter({}, {"me": [cpu.os.getpid()]})

    while meter.spent()["me"] < 0.05:
        sum(range(10_000))
