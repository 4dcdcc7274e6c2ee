"""The command line on small clips: the main job, and every bad input with its one sentence."""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.helpers.clips import make_clip, psnr
from vbr_core import edits
from vbr_core.cli.main import run
from vbr_core.pipeline import make_clip_entry, probe
from vbr_core.project import Project, save_project
from vbr_core.video.reader import VideoReader

FRAMES, WIDTH, HEIGHT = 12, 96, 64


def write_disparity(folder, frames=FRAMES, width=WIDTH // 2, height=HEIGHT // 2, bits=16):
    """Far on the left (0.2), near on the right (0.8)."""
    folder.mkdir(parents=True, exist_ok=True)
    top = 2**bits - 1
    picture = np.full((height, width), 0.2 * top, np.uint16 if bits == 16 else np.uint8)
    picture[:, width // 2 :] = round(0.8 * top)
    data = cv2.imencode(".png", picture)[1].tobytes()
    for number in range(frames):
        (folder / f"{number}.png").write_bytes(data)
    return folder


def texture(number, height, width):
    """Grey, so that 4:2:0 chroma costs nothing; another picture every frame."""
    rng = np.random.default_rng(number)
    grey = cv2.resize(rng.integers(0, 255, (height // 4, width // 4), np.uint8), (width, height))
    return np.repeat(grey[..., None], 3, axis=-1)


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "a clip.mp4"
    make_clip(path, width=WIDTH, height=HEIGHT, frames=FRAMES, audio=1, pattern=texture)
    return path


@pytest.fixture
def depth(tmp_path):
    return write_disparity(tmp_path / "disparity")


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def render(*arguments):
    return run(["render", *[str(argument) for argument in arguments]])


# --- the main job ----------------------------------------------------------------------------------------------------


def test_render_keeps_the_clip_and_blurs_what_is_out_of_focus(clip, depth, tmp_path, capsys):
    out = tmp_path / "out.mp4"
    assert render(clip, "-o", out, "--depth", depth, "--focus-at", f"3,{WIDTH - 10},20", "-K", 200, "--quality", 1) == 0
    assert "out.mp4 (12 frames" in capsys.readouterr().out
    with VideoReader(clip) as source, VideoReader(out) as result:
        assert list(source.index.pts) == list(result.index.pts)
        assert source.info.time_base == result.info.time_base
        assert (result.info.width, result.info.height) == (WIDTH, HEIGHT)
        assert len(result.info.audio) == 1
        before, after = source.frame(5).rgb, result.frame(5).rgb
    right, left = np.s_[:, WIDTH // 2 + 14 :], np.s_[:, : WIDTH // 2 - 14]
    assert psnr(after[right], before[right]) > 36
    assert after[left].std() < 0.7 * before[left].std()


@pytest.mark.parametrize("renderer", ["scatter", "layered"])
def test_zero_blur_gives_the_source_back(clip, depth, tmp_path, renderer):
    out = tmp_path / "out.mp4"
    assert render(clip, "-o", out, "--depth", depth, "--focus", 0.5, "-K", 0, "--renderer", renderer) == 0
    with VideoReader(clip) as source, VideoReader(out) as result:
        assert psnr(result.frame(7).rgb, source.frame(7).rgb) > 34


def test_range_and_json(clip, depth, tmp_path, capsys):
    out = tmp_path / "out.mp4"
    assert render(clip, "-o", out, "--depth", depth, "--focus", 0.2, "--range", "4:9", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[-1]["event"] == "done"
    assert events[-1]["frames"] == 5
    assert {event["event"] for event in events[:-1]} == {"progress"}
    assert probe(out).frame_count == 5


def test_project_renders_its_curves(clip, depth, tmp_path):
    project = Project(clip=make_clip_entry(probe(clip)), depth=str(depth), renderer="layered")
    project = edits.set_base(edits.add_key(project, "focus", 0, 0.2), "blur", 150)
    project = edits.set_easing(edits.add_key(project, "focus", 6, 0.8), "focus", {0}, "hold")
    save_project(project, tmp_path / "a.vbr")
    out = tmp_path / "out.mp4"
    assert render(tmp_path / "a.vbr", "-o", out, "--quality", 1) == 0
    left, right = np.s_[:, : WIDTH // 2 - 14], np.s_[:, WIDTH // 2 + 14 :]
    with VideoReader(clip) as source, VideoReader(out) as result:
        for frame, sharp, soft in ((5, left, right), (6, right, left)):
            before, after = source.frame(frame).rgb, result.frame(frame).rgb
            assert psnr(after[sharp], before[sharp]) > 34
            assert after[soft].std() < 0.75 * before[soft].std()


def test_variable_rate_rotation_and_odd_names(tmp_path, depth):
    clip = tmp_path / 'it\'s "quoted" 🎬 é.mp4'
    make_clip(clip, width=HEIGHT, height=WIDTH, frames=FRAMES, vfr=True, rotation=90, fps=Fraction(30000, 1001))
    upright = probe(clip)
    disparity = write_disparity(tmp_path / "other", width=upright.width, height=upright.height, bits=8)
    out = tmp_path / "näme 'x' 🎞.mp4"
    assert render(clip, "-o", out, "--depth", disparity, "--focus", 0.5, "-K", 30) == 0
    with VideoReader(clip) as source, VideoReader(out) as result:
        assert list(source.index.pts) == list(result.index.pts)
        assert result.info.rotation == 0
        assert (result.info.width, result.info.height) == (upright.width, upright.height)


def test_one_frame_and_tiny_pictures(tmp_path):
    for name, width, height, frames in (("one.mp4", 64, 48, 1), ("tiny.mp4", 16, 16, 3)):
        clip = tmp_path / name
        make_clip(clip, width=width, height=height, frames=frames, pattern=texture, codec="h264")
        disparity = write_disparity(tmp_path / f"{name} d", frames, width, height)
        assert render(clip, "-o", tmp_path / f"out {name}", "--depth", disparity, "--focus", 0.8, "-K", 300) == 0
        assert probe(tmp_path / f"out {name}").frame_count == frames


def test_probe_and_models(clip, capsys):
    assert run(["probe", str(clip), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["frames"], facts["width"], facts["height"]) == (FRAMES, WIDTH, HEIGHT)
    assert run(["probe", str(clip)]) == 0
    assert "12, 25 a second" in capsys.readouterr().out
    assert run(["models", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "starter"
    assert run(["models", "verify"]) == 0
    assert "SHA-256 is as published" in capsys.readouterr().out


def test_help_and_version(capsys):
    assert run(["--version"]) == 0
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for command in ("gui", "demo", "render", "depth", "probe", "models", "doctor"):
        assert command in out


# --- bad input -------------------------------------------------------------------------------------------------------


def check_refused(status, capsys, words, folder=None, before=None):
    """Status 2, one sentence that says what was found, no traceback, nothing written."""
    err = capsys.readouterr().err
    assert status == 2
    last = err.strip().splitlines()[-1]
    assert last.startswith("vbr: ")
    assert words in last
    assert "Traceback" not in err
    if folder is not None:
        assert files(folder) == before


def bad_clips(folder):
    (folder / "text.mp4").write_text("this is not a video, whatever its name says")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "folder.mp4").mkdir()
    return {
        "missing.mp4": "no file",
        "text.mp4": "text.mp4",
        "empty.mp4": "empty.mp4",
        "folder.mp4": "folder",
    }


@pytest.mark.parametrize("name", ["missing.mp4", "text.mp4", "empty.mp4", "folder.mp4"])
def test_clips_that_are_none(tmp_path, capsys, name):
    words = bad_clips(tmp_path)[name]
    before = files(tmp_path)
    check_refused(render(tmp_path / name, "-o", tmp_path / "out.mp4", "--focus", 0.5), capsys, words, tmp_path, before)


def test_sound_without_picture(tmp_path, capsys):
    import av

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    before = files(tmp_path)
    check_refused(render(path, "-o", tmp_path / "out.mp4", "--focus", 0.5), capsys, "no video", tmp_path, before)


def test_cut_off_clip_renders_what_decodes_and_says_how_much(tmp_path, capsys):
    whole = tmp_path / "whole.mp4"
    make_clip(whole, width=WIDTH, height=HEIGHT, frames=40, faststart=True, gop=8, pattern=texture)
    cut = tmp_path / "cut.mp4"
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * 0.6)])
    left = probe(cut).frame_count
    assert 5 < left < 40
    disparity = write_disparity(tmp_path / "d", left)
    assert render(cut, "-o", tmp_path / "out.mp4", "--depth", disparity, "--focus", 0.5, "-K", 10) == 0
    assert f"{left} of 40" in capsys.readouterr().err
    assert probe(tmp_path / "out.mp4").frame_count == left


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-K", -1], "K = -1"),
        (["-K", "nan"], "K = nan"),
        (["-K", 1e9], "K = 1e+09"),
        (["-K", "much"], "number"),
        (["--focus", 1.5], "focus 1.5"),
        (["--focus", -0.1], "focus -0.1"),
        (["--focus", "nan"], "focus nan"),
        (["--focus-at", "99,5,5"], "Frame 99"),
        (["--focus-at", "-1,5,5"], "Frame -1"),
        (["--focus-at", "0,500,5"], "outside the picture"),
        (["--focus-at", "0,5"], "FRAME,X,Y"),
        (["--focus-at", "0,nan,5"], "FRAME,X,Y"),
        (["--focus", 0.5, "--focus-at", "0,5,5"], "Both"),
        (["--range", "5:5"], "no frame"),
        (["--range", "0:99"], "outside the clip"),
        (["--range", "x"], "A:B"),
        (["--renderer", "gaussian"], "gaussian"),
        (["--codec", "divx"], "divx"),
        (["--quality", 99], "99"),
        (["--device", "tpu"], "tpu"),
        (["--depth", "no such model"], "no such model"),
        (["--colour"], "colour"),
    ],
)
def test_bad_values(clip, depth, tmp_path, capsys, arguments, words):
    before = files(tmp_path)
    given = arguments if "--depth" in arguments else ["--depth", depth, *arguments]
    check_refused(render(clip, "-o", tmp_path / "out.mp4", *given), capsys, words, tmp_path, before)


def test_output_places_that_cannot_be(clip, depth, tmp_path, capsys):
    before = files(tmp_path)
    common = ["--depth", depth, "--focus", 0.5]
    check_refused(render(clip, "-o", tmp_path / "no" / "out.mp4", *common), capsys, "does not exist")
    check_refused(render(clip, "-o", tmp_path / "out.txt", *common), capsys, "out.txt")
    check_refused(render(clip, "-o", tmp_path, *common), capsys, "vbr: ")
    check_refused(render(clip, "-o", clip, *common), capsys, "input itself")
    link = tmp_path.parent / "link.mp4"
    link.symlink_to(clip)
    check_refused(render(clip, "-o", link, *common), capsys, "input itself")
    link.unlink()
    assert files(tmp_path) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user without all rights")
def test_output_folder_without_permission(clip, depth, tmp_path, capsys):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    check_refused(render(clip, "-o", folder / "out.mp4", "--depth", depth, "--focus", 0.5), capsys, "locked")


def test_full_disk_leaves_nothing_and_keeps_the_earlier_output(clip, depth, tmp_path, capsys, monkeypatch):
    from vbr_core.video import writer

    out = tmp_path / "out.mp4"
    out.write_bytes(b"earlier")
    real = writer.VideoWriter.write

    def fail(self, frame_index, rgb):
        if frame_index == 5:
            raise writer.OutputError("There is no space left on the disk.", "Free some.")
        real(self, frame_index, rgb)

    monkeypatch.setattr(writer.VideoWriter, "write", fail)
    before = files(tmp_path)
    status = render(clip, "-o", out, "--depth", depth, "--focus", 0.5)
    check_refused(status, capsys, "no space left", tmp_path, before)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: write_disparity(folder, 5), "only 5"),
        (lambda folder: write_disparity(folder, 20), "20 disparity pictures"),
        (lambda folder: write_disparity(folder, FRAMES, 40, 40), "another shape"),
        (lambda folder: folder.mkdir(), "no pictures"),
        (lambda folder: (write_disparity(folder) / "3.png").write_bytes(b"x"), "3.png"),
        (lambda folder: folder.write_bytes(b"not a video"), "disparity video"),
    ],
)
def test_disparity_that_does_not_fit(clip, tmp_path, capsys, make, words):
    folder = tmp_path / "given"
    make(folder)
    before = files(tmp_path)
    status = render(clip, "-o", tmp_path / "out.mp4", "--depth", folder, "--focus", 0.5)
    check_refused(status, capsys, words, tmp_path, before)


def test_disparity_pictures_of_two_sizes(clip, tmp_path, capsys):
    folder = write_disparity(tmp_path / "given")
    (folder / "7.png").write_bytes((write_disparity(tmp_path / "small", 1, 24, 16) / "0.png").read_bytes())
    before = files(tmp_path)
    status = render(clip, "-o", tmp_path / "out.mp4", "--depth", folder, "--focus", 0.5)
    check_refused(status, capsys, "differ in size", tmp_path, before)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{broken", "not valid JSON"),
        ('{"version": 77}', "newer"),
        ('{"version": 1, "surprise": 1}', "surprise"),
        ('{"version": 1}', "no clip"),
    ],
)
def test_damaged_projects(tmp_path, capsys, text, words):
    path = tmp_path / "a.vbr"
    path.write_text(text)
    before = files(tmp_path)
    check_refused(render(path, "-o", tmp_path / "out.mp4"), capsys, words, tmp_path, before)


def test_moved_clip_is_found_and_a_swapped_one_refused(clip, depth, tmp_path, capsys):
    project = Project(clip=make_clip_entry(probe(clip)), depth=str(depth))
    path = tmp_path / "elsewhere" / "a.vbr"
    path.parent.mkdir()
    save_project(project, path)
    moved = path.rename(tmp_path / "a.vbr")
    assert render(moved, "-o", tmp_path / "out.mp4", "--range", "0:2") == 0
    make_clip(clip, width=WIDTH, height=HEIGHT, frames=FRAMES + 3)
    check_refused(render(moved, "-o", tmp_path / "out2.mp4"), capsys, "not the clip")
    clip.unlink()
    check_refused(render(moved, "-o", tmp_path / "out2.mp4"), capsys, "not found")


# --- Ctrl-C ----------------------------------------------------------------------------------------------------------


def wait_until_interruptible(pid: int, seconds: float = 30.0) -> None:
    """Wait until a Python process has a handler for SIGINT: before, the system ends it and Python has no say."""
    status = Path(f"/proc/{pid}/status")
    deadline = time.monotonic() + seconds
    while status.exists() and time.monotonic() < deadline:
        caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
        if int(caught.split()[1], 16) & 1 << (signal.SIGINT - 1):
            return
        time.sleep(0.01)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("phase", ["start", "rendering"])
def test_ctrl_c_leaves_nothing(tmp_path, phase):
    clip = tmp_path / "long.mp4"
    make_clip(clip, width=320, height=240, frames=60, pattern=texture)
    depth = write_disparity(tmp_path / "d", 60, 160, 120)
    out = tmp_path / "out.mp4"
    out.write_bytes(b"earlier")
    before = files(tmp_path)
    command = [sys.executable, "-m", "vbr_core.cli.main", "render", str(clip), "-o", str(out), "--depth", str(depth)]
    process = subprocess.Popen(
        [*command, "--focus", "0.2", "-K", "300", "--json", "--renderer", "layered"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    if phase == "rendering":
        for line in process.stdout:
            if '"Rendering"' in line:
                break
    else:
        wait_until_interruptible(process.pid)
        time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert files(tmp_path) == before
