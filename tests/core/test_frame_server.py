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
