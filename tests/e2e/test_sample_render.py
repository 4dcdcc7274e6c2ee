"""The bundled clip refocused with its true disparity: sharp where it should be, soft elsewhere; and the self-test."""

import json

import cv2
import numpy as np
import pytest

from vbr_core.animation import value_at
from vbr_core.cli.main import run
from vbr_core.demo import demo_project, sample_facts
from vbr_core.depth.source import open_disparity
from vbr_core.doctor import examine
from vbr_core.pipeline import probe, render_frame, sample_clip_path, self_test
from vbr_core.video.reader import VideoReader


@pytest.fixture(scope="module")
def clip():
    return sample_clip_path()


@pytest.fixture(scope="module")
def truth(clip):
    info = probe(clip)
    return open_disparity(clip.with_name("disparity.mp4"), info.frame_count, (info.height, info.width))


def sharpness(rgb, box):
    left, top, right, bottom = box
    grey = cv2.cvtColor(np.ascontiguousarray(rgb[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    return cv2.Laplacian(grey, cv2.CV_64F).var()


@pytest.mark.parametrize(("position", "subject", "other"), [(0, "near", "far"), (1, "near", "far"), (3, "far", "near")])
def test_the_subject_stays_sharp_and_the_rest_does_not(clip, truth, position, subject, other):
    """Before the rack, when it begins, and at the end of the clip."""
    boxes = sample_facts()["boxes"][position]
    frame = boxes["frame"]
    project = demo_project(truth, probe(clip))
    with VideoReader(clip) as reader:
        source = reader.frame(frame).rgb
    d_f = value_at(project.focus, frame)
    out = render_frame(clip, frame, truth, d_f, project.blur.base, sharp_zone=project.sharp_zone)
    inside = f"{subject}_inside"
    assert sharpness(out, boxes[inside]) == pytest.approx(sharpness(source, boxes[inside]), rel=0.05)
    assert sharpness(out, boxes["background"]) < sharpness(source, boxes["background"]) / 3
    assert sharpness(out, boxes[f"{other}_inside"]) < sharpness(source, boxes[f"{other}_inside"]) / 3


def test_demo_racks_from_the_near_to_the_far_subject(clip, truth):
    facts = sample_facts()
    project = demo_project(truth, probe(clip))
    near, far = project.focus.keys
    assert (near.frame, far.frame) == tuple(facts["rack_frames"])
    assert near.value > far.value + 0.3
    assert near.anchor is not None


@pytest.mark.weights
def test_starter_tells_the_subjects_of_the_sample_apart(clip):
    from vbr_core.depth import load_estimator

    facts = sample_facts()
    with VideoReader(clip) as reader:
        frame = reader.frame(0).rgb.astype(np.float32) / 255
    disparity = load_estimator("starter").estimate(frame[None])[0]
    near, far = (facts["focus_points"][subject]["first"] for subject in ("near", "far"))
    left, top, right, bottom = facts["boxes"][0]["background"]
    behind = float(np.median(disparity[top:bottom, left:right]))
    values = [float(disparity[point["y"], point["x"]]) for point in (near, far)]
    assert values[0] > values[1] + 0.1
    assert values[1] > behind


def test_self_test_passes():
    checks = self_test()
    assert len(checks) >= 3
    assert [check.name for check in checks if not check.ok] == []


def test_doctor_reports_every_part(capsys):
    names = {check.name for check in examine()}
    assert {"Python", "torch", "av", "CPU", "CUDA", "Encoders", "Window libraries", "Disparity cache"} <= names
    assert run(["doctor", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(row["ok"] for row in rows if row["needed"])


def test_self_test_notices_a_wrong_picture(monkeypatch):
    from vbr_core import doctor

    real = doctor.render_reference
    monkeypatch.setattr(doctor, "render_reference", lambda *given: real(*given) + 0.01)
    failed = [check for check in doctor.self_test(("cpu",)) if not check.ok]
    assert {check.name for check in failed} == {f"Self-test {name} cpu" for name in ("vbr", "scatter", "layered")}
    assert "differs" in failed[0].found


def test_doctor_names_the_packages_that_the_window_lacks(monkeypatch):
    from vbr_core import doctor

    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(doctor, "_loads", lambda library: library != "libEGL.so.1")
    check = doctor._window()
    assert not check.ok
    assert not check.needed
    assert "apt-get install libegl1" in check.hint


def test_gui_without_qt_is_one_sentence(monkeypatch, capsys):
    from vbr_core.cli import main

    def no_qt(*_, **__):
        raise ImportError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr(main.runpy, "run_module", no_qt)
    assert run(["gui"]) == 2
    err = capsys.readouterr().err
    assert "libEGL.so.1" in err
    assert "Traceback" not in err
