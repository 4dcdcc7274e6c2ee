"""Single pictures for the preview."""

import numpy as np
import pytest

from tests.helpers.clips import frame_number, make_clip, psnr
from vbr_core.errors import InputError
from vbr_core.frame_server import FrameServer
from vbr_core.project import Keyframe, Project, Track
from vbr_core.render.request import RenderRequest, resolve


class HalfReady:
    """Left half far, right half near; the later frames are not there yet."""

    frame_count, cuts, fingerprint = 8, (), "test"

    def read_if_ready(self, frame_index):
        if frame_index >= 4:
            return None
        disparity = np.full((24, 32), 0.1, np.float32)
        disparity[:, 16:] = 0.9
        return disparity


@pytest.fixture
def server(tmp_path):
    path = tmp_path / "a.mp4"
    make_clip(path, width=128, height=96, frames=8)
    server = FrameServer(path)
    yield server
    server.close()


def test_without_depth_the_source_is_shown_and_said_so(server):
    frame = server.render(RenderRequest(3, 0.5, 40.0))
    assert frame_number(frame.rgb) == 3
    assert not frame.has_depth
    assert "No depth" in frame.note
    assert server.sample(3, 5, 5) is None
    assert server.histogram(3) is None
    assert server.render(RenderRequest(3, 0.5, 40.0, view="source")).note == ""


def test_result_is_blurred_where_it_is_out_of_focus(server):
    server.set_disparity(HalfReady())
    source = server.render(RenderRequest(2, 0.9, 300.0, view="source")).rgb
    result = server.render(RenderRequest(2, 0.9, 300.0))
    assert result.note == ""
    assert psnr(result.rgb[:, 80:], source[:, 80:]) > 40
    assert psnr(result.rgb[:, :40], source[:, :40]) < 25


def test_frames_that_are_not_ready_yet(server):
    server.set_disparity(HalfReady())
    late = server.render(RenderRequest(5, 0.9, 300.0))
    assert "No depth for this frame" in late.note
    assert not late.has_depth
    assert server.sample(5, 5, 5) is None


def test_sample_and_histogram(server):
    server.set_disparity(HalfReady())
    sample = server.sample(1, 120.0, 10.0)
    assert sample is not None
    assert sample.disparity == pytest.approx(0.9)
    assert sample.patch_px > 16
    counts = server.histogram(1, bins=10)
    assert counts is not None
    assert list(np.nonzero(counts)[0]) == [1, 9] or list(np.nonzero(counts)[0]) == [0, 9]
    with pytest.raises(InputError, match="outside the picture"):
        server.sample(1, 500, 5)


@pytest.mark.parametrize("view", ["result", "source", "disparity", "defocus"])
def test_drafts_have_the_lines_that_were_asked_for(server, view):
    server.set_disparity(HalfReady())
    frame = server.render(RenderRequest(1, 0.5, 40.0, view=view, lines=48))
    assert frame.rgb.shape == (48, 64, 3)
    assert frame.rgb.dtype == np.uint8
    assert frame.is_draft
    assert not server.render(RenderRequest(1, 0.5, 40.0, view=view, lines=500)).is_draft


def test_views_differ(server):
    server.set_disparity(HalfReady())
    pictures = [
        server.render(RenderRequest(1, 0.9, 200.0, view=view)).rgb for view in ("source", "disparity", "defocus")
    ]
    assert not np.array_equal(pictures[0], pictures[1])
    # in focus on the right: the defocus view leaves it as it is, and tints the left blue (behind the focus)
    np.testing.assert_array_equal(pictures[2][:, 90:], pictures[0][:, 90:])
    assert pictures[2][:, :40, 2].mean() > pictures[2][:, :40, 0].mean() + 20


def test_requests_are_values_that_follow_the_document():
    project = Project(focus=Track(0.5, (Keyframe(0, 0.2, "linear"), Keyframe(10, 0.4))))
    request = resolve(project, 5, view="defocus", lines=360)
    assert request == resolve(project, 5, view="defocus", lines=360)
    assert hash(request) == hash(resolve(project, 5, view="defocus", lines=360))
    assert request.d_f == pytest.approx(0.3)
    assert request.k == 40.0
    assert resolve(project, 6).d_f != request.d_f


@pytest.mark.parametrize("view", ["overlay", "grey"])
def test_views_of_disparity_tell_near_from_far(server, view):
    server.set_disparity(HalfReady())
    rgb = server.render(RenderRequest(1, 0.5, 40.0, view=view)).rgb.astype(int)
    assert rgb.shape == (96, 128, 3)
    if view == "grey":
        assert abs(rgb[:, :50].mean() - 0.1 * 255) < 3
        assert abs(rgb[:, 80:].mean() - 0.9 * 255) < 3
    else:  # viridis: far is blue, near is yellow
        assert rgb[60:, :50, 2].mean() > rgb[60:, :50, 0].mean()
        assert rgb[60:, 80:, 2].mean() < rgb[60:, 80:, 0].mean()


class Repaired:
    """The right half brought to the left one's disparity, on the frames that the repair reached."""

    frame_count, cuts, fingerprint = 8, (), "repaired"
    source = HalfReady()

    def read_if_ready(self, frame_index):
        return np.full((24, 32), 0.1, np.float32)

    def is_waiting(self, frame_index):
        return frame_index == 3


def test_split_views_have_the_other_picture_too(server):
    server.set_disparity(Repaired())
    plain = server.render(RenderRequest(1, 0.1, 300.0, view="grey"))
    assert plain.beside is None
    source = server.render(RenderRequest(1, 0.1, 300.0, view="source")).rgb
    split = server.render(RenderRequest(1, 0.1, 300.0, view="grey", beside="source"))
    np.testing.assert_array_equal(split.rgb, plain.rgb)
    np.testing.assert_array_equal(split.beside, source)
    split = server.render(RenderRequest(1, 0.1, 300.0, view="grey", beside="unrepaired"))
    assert split.beside[:, 80:].mean() > split.rgb[:, 80:].mean() + 150
    result = server.render(RenderRequest(1, 0.1, 300.0, beside="unrepaired"))
    assert psnr(result.rgb[:, 80:], source[:, 80:]) > 40 > 30 > psnr(result.beside[:, 80:], source[:, 80:])


def test_a_repair_that_is_not_there_yet_is_said(server):
    server.set_disparity(Repaired())
    assert "repair" in server.render(RenderRequest(3, 0.1, 300.0)).note
    assert server.render(RenderRequest(4, 0.1, 300.0)).note == ""


def test_explaining_views_agree_on_what_is_sharp(server):
    server.set_disparity(HalfReady())

    def amber(view, lines=0):
        rgb = server.render(RenderRequest(2, 0.9, 300.0, view=view, lines=lines)).rgb.astype(int)
        marked = (rgb[..., 0] - rgb[..., 2] > 60) & (rgb[..., 0] > rgb[..., 1])
        middle = marked.shape[1] // 2
        return marked[:, : middle - 8].mean(), marked[:, middle + 8 :].mean()

    assert amber("zone")[0] == 0.0
    assert amber("zone")[1] > 0.5
    assert amber("zone", 48)[1] > 0.5  # a draft shows the zone of the export
    assert amber("peaking")[0] == 0.0
    assert amber("peaking")[1] > 0.0


def test_a_sample_brings_its_patch_in_pixels_of_the_clip(server):
    server.set_disparity(HalfReady())
    sample = server.sample(2, 100.0, 50.0)
    x, y = np.array(sample.outline).T
    assert x.min() < 100 < x.max()
    assert y.min() < 50 < y.max()
    assert x.min() > 64  # it does not reach the other half
