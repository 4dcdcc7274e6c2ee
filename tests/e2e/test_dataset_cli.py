"""``vbr dataset`` on a clip of one small frame."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import pytest

from tests.train.svb.helpers import write_material
from vbr_core.cli.dataset import parse_size
from vbr_core.cli.main import run
from vbr_core.errors import InputError
from vbr_core.train.svb import make as make_module
from vbr_core.train.svb.clip_file import read_clip, read_info

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--clips", "1", "--frames", "1", "--objects", "2", "--rays", "16", "--device", "cpu")


@pytest.fixture
def material(tmp_path: Path) -> list[str]:
    photographs, cutouts = write_material(tmp_path / "material")
    return ["--photographs", str(photographs), "--cutouts", str(cutouts)]


def make(folder: Path, *arguments: str) -> int:
    return run(["dataset", "make", "-o", str(folder), *arguments])


def one_sentence(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """Standard error is one line for a person."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("vbr: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err


def test_make_and_show(material: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, sheet = tmp_path / "set", tmp_path / "sheet.png"
    assert make(folder, *material, *SMALL, "--size", "64x80", "--seed", "3") == 0
    assert "Made 1 of 1 clips" in capsys.readouterr().out
    clip = read_clip(folder / "00000.svb")
    assert clip.bokeh.shape == (1, 64, 80, 3)
    assert len(clip.sources) == 3
    assert read_info(folder / "00000.svb")["seed"] == 3
    assert make(folder, *material, *SMALL, "--size", "64x80", "--seed", "3") == 0
    assert "Made 0 of 1 clips" in capsys.readouterr().out
    for source in (folder, folder / "00000.svb"):
        assert run(["dataset", "show", str(source), "-o", str(sheet)]) == 0
        assert "1 clip)" in capsys.readouterr().out
        assert cv2.imread(str(sheet)) is not None
        sheet.unlink()


def test_json_lines(material: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make(tmp_path / "set", *material, *SMALL, "--size", "64x64", "--json") == 0
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert {event["event"] for event in events[:-1]} == {"progress"}
    assert events[-2]["fraction"] == 1.0
    assert events[-1]["event"] == "done"
    assert (events[-1]["clips"], events[-1]["made"]) == (1, 1)
    assert run(["dataset", "show", str(tmp_path / "set"), "-o", str(tmp_path / "s.png"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"event": "done", "output": str(tmp_path / "s.png"), "clips": 1}


def test_cancelled_keeps_what_is_done(
    material: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = make_module.make_clip
    calls: list[int] = []

    def cancel_in_second(*arguments: object, **named: object) -> object:
        context = arguments[4]
        calls.append(1)
        if len(calls) == 2:
            context.token.cancel()  # type: ignore[attr-defined]
        return original(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(make_module, "make_clip", cancel_in_second)
    arguments = [*material, *SMALL, "--size", "64x64", "--clips", "3"]
    assert make(tmp_path / "set", *arguments) == 130
    assert "Finished clips are kept" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "set").glob("*.svb*")] == ["00000.svb"]
    monkeypatch.undo()
    assert make(tmp_path / "set", *arguments, "--device", "cpu") == 0
    assert "Made 2 of 3 clips" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "64"], "The size '64' is none of 256, 512, 1080 or HxW."),
        (["--size", "8x64"], "height = 8 is outside"),
        (["--clips", "0"], "clips = 0 is outside"),
        (["--split", "dev"], "no split called 'dev'"),
        (["--device", "tpu"], "no device called 'tpu'"),
        (["--photographs", "nowhere"], "'nowhere' is not a folder"),
    ],
)
def test_bad_arguments(
    material: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert make(tmp_path / "set", *material, *SMALL, *arguments) == 2
    one_sentence(capsys, words)
    assert not (tmp_path / "set").exists()


def test_bad_folders(material: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    assert make(file, *material, *SMALL) == 2
    one_sentence(capsys, "is a file")
    assert run(["dataset", "show", str(tmp_path / "material"), "-o", str(tmp_path / "s.png")]) == 2
    one_sentence(capsys, "holds no SVB clips")
    assert run(["dataset", "show", str(file), "-o", str(tmp_path / "s.png")]) == 2
    one_sentence(capsys, "is not a whole SVB clip")
    assert run(["dataset", "show", str(tmp_path / "none"), "-o", str(tmp_path / "s.png")]) == 2
    one_sentence(capsys, "There is no")
    assert make(tmp_path / "set", *material[2:], *SMALL) == 2
    one_sentence(capsys, "--photographs")


def test_sizes() -> None:
    assert parse_size("256") == (256, 256)
    assert parse_size("512") == (512, 512)
    assert parse_size("1080") == (1080, 1920)
    assert parse_size("360x640") == (360, 640)
    for text in ("", "x", "640x", "-1x5", "1e3x5", "100 x 100"):
        with pytest.raises(InputError, match="is none of"):
            parse_size(text)
