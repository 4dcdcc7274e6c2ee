"""The evaluation on tiny made-up clips: scores, resuming, tables, pictures, and every bad input."""

import json

import cv2
import numpy as np
import pytest

from vbr_core.cli.main import run as vbr
from vbr_core.errors import InputError, ModelError, OutputError
from vbr_core.jobs import Cancelled, CancelToken, JobContext
from vbr_core.train import metrics
from vbr_core.train.evaluate import evaluate
from vbr_core.train.evaluation_report import EvaluationResult, margins, markdown
from vbr_core.train.evaluation_rows import InputItself, open_row, parse_rows
from vbr_core.train.metrics import Scores
from vbr_core.train.svb.clip_file import Clip, read_clip, write_clip
from vbr_core.train.svb.corruption import corrupt

FRAMES, SIZE = 3, 48


def random_clip(seed):
    rng = np.random.default_rng(seed)
    sharp = rng.integers(0, 256, (FRAMES, SIZE, SIZE, 3), np.uint8)
    bokeh = np.stack([cv2.GaussianBlur(frame, (0, 0), 2.0) for frame in sharp])
    disparity = np.full((FRAMES, SIZE, SIZE), 13107, np.uint16)
    disparity[:, :, SIZE // 2 :] = 52428
    band = np.zeros((FRAMES, SIZE, SIZE), bool)
    band[:, :, SIZE // 2 - 4 : SIZE // 2 + 4] = True
    d_f, k_px = np.full(FRAMES, 0.8, np.float32), np.array([4, 5, 6], np.float32)
    return Clip(sharp, bokeh, disparity, band, d_f, k_px, "blur", ("a", "b"))


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "svb"
    folder.mkdir()
    for number in range(2):
        write_clip(folder / f"{number:05d}.svb", random_clip(number))
    (folder / "dataset.json").write_text('{"seed": 0}', encoding="utf-8")
    return folder


class Counting:
    """Opens rows and keeps what they were given; ``fake`` networks blur a little."""

    def __init__(self):
        self.calls = []

    def __call__(self, row, device):
        inner = open_row(row, device) if row.weights is None else InputItself()
        calls = self.calls

        class Renderer:
            def render(self, frames, disparity, d_f, k_px):
                calls.append((row.name, disparity, k_px))
                result = inner.render(frames, disparity, d_f, k_px)
                if row.weights is not None:
                    result = np.stack([cv2.GaussianBlur(frame, (0, 0), 2.0) for frame in result])
                return result

        return Renderer()


def run(data, out, rows=("all-in-focus", "scatter"), levels=("0",), **options):
    opener = options.pop("open_row", None) or Counting()
    result = evaluate(data, list(rows), list(levels), out, JobContext(), open_row=opener, **options)
    return result, opener.calls


def as_floats(pictures):
    return pictures.astype(np.float32) / np.float32(255)


def test_scores_of_the_input_are_those_of_the_metrics(data, tmp_path):
    result, _ = run(data, tmp_path / "out", ["all-in-focus"])
    for number, found in enumerate(result.scores["all-in-focus", "0"]):
        clip = read_clip(data / f"{number:05d}.svb")
        wanted = metrics.score(as_floats(clip.sharp), as_floats(clip.bokeh), clip.band)
        assert found == Scores(*(pytest.approx(value, abs=1e-6) for value in vars(wanted).values()))
    means = json.loads((tmp_path / "out" / "results.json").read_text())["means"]["all-in-focus"]["0"]
    both = [each.psnr for each in result.scores["all-in-focus", "0"]]
    assert means["psnr"] == pytest.approx(np.mean(both), abs=1e-5)


def test_results_are_rounded_to_8_bits_first(data, tmp_path):
    class Nearly:
        def render(self, frames, disparity, d_f, k_px):
            number = int(np.array_equal(frames, as_floats(random_clip(1).sharp)))
            return as_floats(random_clip(number).bokeh) + np.float32(0.4 / 255)

    result, _ = run(data, tmp_path / "out", ["scatter"], open_row=_opener(lambda row, device: Nearly()))
    assert result.mean("scatter", "0").psnr == 100.0


def _opener(function):
    function.calls = []
    return function


def test_every_row_is_given_the_same_spoiled_disparity(data, tmp_path):
    _, calls = run(data, tmp_path / "out", ["all-in-focus", "scatter"], ["IV", "0"], pictures=0, seed=7)
    given = [[disparity for name, disparity, _ in calls if name == row] for row in ("all-in-focus", "scatter")]
    assert len(given[0]) == len(given[1]) == 4
    assert all(np.array_equal(a, b) for a, b in zip(*given, strict=True))
    true = read_clip(data / "00001.svb").disparity.astype(np.float32) / np.float32(65535)
    assert np.array_equal(given[0][2], true)
    assert np.array_equal(given[0][3], corrupt(true, "IV", np.random.default_rng([7, 1, 4])))


def test_a_second_run_renders_nothing(data, tmp_path):
    first, calls = run(data, tmp_path / "out", levels=["0", "IV"])
    assert len(calls) == first.rendered == 8
    table = (tmp_path / "out" / "table.md").read_text()
    again, calls = run(data, tmp_path / "out", levels=["0", "IV"])
    assert calls == []
    assert again.rendered == 0
    assert again.scores == first.scores
    assert (tmp_path / "out" / "table.md").read_text() == table


def test_only_what_changed_is_rendered_again(data, tmp_path):
    weights = tmp_path / "net.safetensors"
    weights.write_bytes(b"one")
    rows = ["scatter", f"net={weights}"]
    run(data, tmp_path / "out", rows, pictures=0)
    weights.write_bytes(b"two")
    _, calls = run(data, tmp_path / "out", rows, pictures=0)
    assert [name for name, _, _ in calls] == ["net", "net"]
    write_clip(data / "00001.svb", random_clip(5))
    _, calls = run(data, tmp_path / "out", rows, pictures=0)
    assert [name for name, _, _ in calls] == ["scatter", "net"]
    (data / "dataset.json").write_text('{"seed": 1}', encoding="utf-8")
    _, calls = run(data, tmp_path / "out", rows, pictures=0)
    assert len(calls) == 4


def test_a_stopped_run_goes_on(data, tmp_path):
    token = CancelToken()

    def stop_at_the_third(progress):
        if progress.done == 2 * FRAMES:
            token.cancel()

    context = JobContext(stop_at_the_third, token)
    with pytest.raises(Cancelled):
        evaluate(data, ["all-in-focus", "scatter"], ["0"], tmp_path / "out", context, pictures=0)
    result, calls = run(data, tmp_path / "out", pictures=0)
    assert len(calls) == 4 - 3
    assert result.rendered == 1
    assert len(result.scores["scatter", "0"]) == 2


def test_progress_counts_the_frames(data, tmp_path):
    seen = []
    evaluate(data, ["all-in-focus"], ["0", "I"], tmp_path / "out", JobContext(seen.append), pictures=0, clips=1)
    assert [(each.done, each.total) for each in seen] == [(0, 6), (3, 6), (6, 6)]


def test_table(data, tmp_path):
    weights = {}
    for name in ("single-frame", "full"):
        weights[name] = tmp_path / f"{name}.safetensors"
        weights[name].write_bytes(name.encode())
    result, _ = run(data, tmp_path / "out", levels=["0", "IV"], checkpoints=weights)
    assert result.rows == ("all-in-focus", "scatter", "single-frame", "full")
    text = (tmp_path / "out" / "table.md").read_text(encoding="utf-8")
    assert f"2 clips, {2 * FRAMES} frames in all, {SIZE} x {SIZE} pixels" in text
    psnr = result.mean("scatter", "IV").psnr
    line = next(line for line in text.split("## PSNR ↑ by level")[1].splitlines() if line.startswith("| scatter"))
    assert line.endswith(f"| {psnr:.2f} |")
    assert "| VBR | 35.6 | 0.978 | 30.6 | 0.951 | 0.056 |" in text
    assert "| single-frame | scatter | 0 |" in text
    assert "| full | single-frame | IV | +0.00 |" in text  # the fakes are the same
    assert "| single-frame | single-frame |" not in text


def test_margins_are_differences_and_a_ratio(tmp_path):
    scores = {
        ("scatter", "0"): [Scores(30.0, 0.9, 25.0, 0.8, 2.0), Scores(32.0, 0.9, 27.0, 0.8, 4.0)],
        ("vbr", "0"): [Scores(34.0, 0.95, float("nan"), 0.9, 1.0), Scores(34.0, 0.95, 30.0, 0.9, 1.0)],
    }
    result = EvaluationResult(tmp_path, ("scatter", "vbr"), ("vbr",), ("0",), 2, 6, 48, 48, 0, scores)
    assert margins(result) == [["vbr", "scatter", "0", "+3.00", "+0.0500", "+4.00", "+0.1000", "0.33 x"]]
    assert "| vbr | 34.00 | 0.9500 | 30.00 | 0.9000 | 1.000 |" in markdown(result)


def test_pictures(data, tmp_path):
    run(data, tmp_path / "out", levels=["0", "IV"], pictures=1)
    folder = tmp_path / "out" / "pictures"
    assert sorted(path.name for path in folder.iterdir()) == ["00000_crops.png", "00000_xt.png"]
    crops, slices = (cv2.imread(str(folder / f"00000_{kind}.png"))[..., ::-1] for kind in ("crops", "xt"))
    assert crops.shape == (18 + 3 * SIZE, 3 * 3 * SIZE, 3)
    truth = read_clip(data / "00000.svb").bokeh
    crop = crops[18::3, 2 * 3 * SIZE :: 3]
    assert any(np.array_equal(crop, frame) for frame in truth)
    last = slices[-6 * FRAMES :: 6, ::3]
    assert any(np.array_equal(last, truth[:, row]) for row in range(SIZE))
    _, calls = run(data, tmp_path / "out", levels=["0", "IV"], pictures=2)
    assert len(calls) == 4  # the second clip's pictures


# --- bad input -------------------------------------------------------------------------------------------------------


def test_bad_input_is_one_sentence(data, tmp_path):
    out = tmp_path / "out"
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="holds no SVB clips"):
        run(empty, out)
    with pytest.raises(InputError, match="no row 'scater'"):
        run(data, out, ["scater"])
    with pytest.raises(InputError, match=r"gone\.safetensors.* does not exist"):
        run(data, out, ["net=gone.safetensors"])
    with pytest.raises(InputError, match="each row once"):
        run(data, out, ["scatter", "scatter"])
    with pytest.raises(InputError, match="No row"):
        run(data, out, [])
    with pytest.raises(InputError, match="no level 'V'"):
        run(data, out, levels=["V"])
    with pytest.raises(InputError, match="0 clips"):
        run(data, out, clips=0)
    with pytest.raises(InputError, match="abacus"):
        run(data, out, device="abacus")
    assert not out.exists()
    out.write_text("a file")
    with pytest.raises(OutputError, match="cannot be kept"):
        run(data, out)


def test_damaged_files_are_named(data, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"results\.json' is damaged"):
        run(data, out)
    path = data / "00001.svb"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match="00001"):
        run(data, tmp_path / "other")


def test_a_row_that_gives_nonsense_is_named(data, tmp_path):
    class Broken:
        def render(self, frames, disparity, d_f, k_px):
            return frames * np.float32("nan")

    with pytest.raises(ModelError, match=r"'scatter' gave no whole picture for the clip '00000\.svb'"):
        run(data, tmp_path / "out", ["scatter"], open_row=_opener(lambda row, device: Broken()))


def test_classical_rows_open(data):
    clip = random_clip(0)
    for row in parse_rows(["all-in-focus", "rvr", "sterefo", "scatter"]):
        frames = as_floats(clip.sharp)
        result = open_row(row, "cpu").render(frames, as_floats(clip.disparity) / 257, clip.d_f, clip.k_px)
        assert result.shape == frames.shape
        assert np.array_equal(result, frames) == (row.name == "all-in-focus")


# --- the command -----------------------------------------------------------------------------------------------------


def command(*arguments):
    return vbr(["eval", *[str(argument) for argument in arguments]])


def test_command_writes_the_table(data, tmp_path, capsys):
    out = tmp_path / "out"
    assert command(data, "-o", out, "--row", "all-in-focus", "--row", "sterefo", "--level", "0", "--clips", 1) == 0
    said = capsys.readouterr()
    assert "table.md (1 clips; 2 results rendered now)" in said.out
    assert "| sterefo |" in said.out
    assert (out / "table.md").is_file()


def test_command_in_json(data, tmp_path, capsys):
    out = tmp_path / "out"
    assert command(data, "-o", out, "--row", "all-in-focus", "--level", "0", "--device", "cpu", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} == {"progress", "done"}
    means = json.loads((out / "results.json").read_text())["means"]
    assert lines[-1]["means"] == means
    assert lines[-1]["clips"] == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing"], "holds no SVB clips"),
        (["svb", "--row", "nothing"], "no row 'nothing'"),
        (["svb", "--level", "9"], "no level '9'"),
        (["svb", "--row", "net=missing.safetensors"], "does not exist"),
        (["svb", "--row", "scatter", "--device", "abacus"], "abacus"),
        (["svb", "--clips", "many"], "clips"),
    ],
)
def test_command_with_bad_input(arguments, sentence, data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command(*arguments, "-o", "out") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.startswith("vbr: ")
    assert len(said.err.splitlines()) == 1


def test_command_cancelled_keeps_what_was_measured(data, tmp_path, capsys, monkeypatch):
    def stop(self, done, total, phase):
        if done:
            raise Cancelled

    monkeypatch.setattr(JobContext, "step", stop)
    arguments = (data, "-o", tmp_path / "out", "--row", "all-in-focus", "--level", "0")
    assert command(*arguments) == 130
    assert "goes on from there" in capsys.readouterr().err
    monkeypatch.undo()
    assert command(*arguments) == 0
    assert "1 results rendered now" in capsys.readouterr().out
