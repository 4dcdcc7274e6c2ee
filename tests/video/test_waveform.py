"""Peaks of the sound: true to the samples at every zoom, bounded in memory, kept on disk."""

from __future__ import annotations

import itertools
import wave

import av
import numpy as np
import pytest

from tests.helpers.clips import make_clip
from vbr_core.jobs import Cancelled, JobContext
from vbr_core.video import waveform as module
from vbr_core.video.reader import probe_clip
from vbr_core.video.waveform import PeakCollector, Waveform, load_waveform


def clip_with_sound(folder, samples: np.ndarray, rate: int = 8000, frames: int = 50, **kind):
    """A clip at 25 frames a second with exactly these (n,) float samples as its sound, 16 bit."""
    silent = make_clip(folder / "silent.mkv", frames=frames, **kind)
    sound = folder / "sound.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    path = folder / "clip.mkv"
    with av.open(str(silent)) as picture, av.open(str(sound)) as tone, av.open(str(path), "w") as output:
        targets = [output.add_stream_from_template(one.streams[0]) for one in (picture, tone)]
        for source, target in zip((picture, tone), targets, strict=True):
            for packet in source.demux(source.streams[0]):
                if packet.dts is not None:
                    packet.stream = target
                    output.mux(packet)
    return path


@pytest.fixture
def burst(tmp_path):
    """Two seconds: silence, but from 1.0 to 1.1 s between -0.25 and 0.5."""
    samples = np.zeros(16000)
    samples[8000:8800] = np.where(np.arange(800) % 2, 0.5, -0.25)
    return clip_with_sound(tmp_path, samples)


def test_peaks_lie_where_the_sound_is(burst):
    found = load_waveform(probe_clip(burst), JobContext())
    for count in (20, 100, 200, 1000):
        edges = np.linspace(0, 2, count + 1)
        low, high = found.peaks(edges)
        middle = (edges[:-1] + edges[1:]) / 2
        loud = (middle > 1.01) & (middle < 1.09)
        quiet = (middle < 0.98) | (middle > 1.12)
        assert np.allclose(low[loud], -0.25, atol=0.01)
        assert np.allclose(high[loud], 0.5, atol=0.01)
        assert not low[quiet].any()
        assert not high[quiet].any()


def test_frames_and_seconds(burst):
    found = load_waveform(probe_clip(burst), JobContext())
    assert found.seconds_at(np.array([0.0, 25.0, 37.5])) == pytest.approx([0.0, 1.0, 1.5])


def test_irregular_frames_are_placed_by_their_own_times(tmp_path):
    path = clip_with_sound(tmp_path, np.zeros(16000), vfr=True)
    info = probe_clip(path)
    assert info.variable_frame_rate
    found = load_waveform(info, JobContext())
    times = found.seconds_at(np.arange(51.0))
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(info.duration_seconds, abs=0.01)
    assert np.ptp(np.diff(times)) > 0.01


def test_sound_that_starts_before_the_picture_is_shifted(tmp_path):
    samples = np.zeros(16000)
    samples[8000:8800] = 0.5
    path = clip_with_sound(tmp_path, samples, frames=30, start_offset=0.6)
    info = probe_clip(path)
    assert info.start_seconds == pytest.approx(0.6, abs=0.01)
    _, high = load_waveform(info, JobContext()).peaks(np.array([0.0, 0.35, 0.41, 0.49, 0.6]))
    assert high[0] == 0.0
    assert high[2] == pytest.approx(0.5, abs=0.01)


def test_no_sound_is_no_waveform(tmp_path):
    assert load_waveform(probe_clip(make_clip(tmp_path / "clip.mp4")), JobContext()) is None


def test_compressed_stereo_tracks_are_read(tmp_path):
    info = probe_clip(make_clip(tmp_path / "clip.mp4", audio=2, frames=25))
    low, high = load_waveform(info, JobContext()).peaks(np.linspace(0.1, 0.9, 9))
    assert (low < -0.02).all()
    assert (high > 0.02).all()


def test_it_is_kept_and_a_damaged_copy_is_made_again(burst, tmp_path, monkeypatch):
    info = probe_clip(burst)
    folder = tmp_path / "kept"
    first = load_waveform(info, JobContext(), folder)
    (file,) = folder.iterdir()
    sound = module._sound
    monkeypatch.setattr(module, "_sound", lambda _info: pytest.fail("decoded again"))
    assert np.array_equal(load_waveform(info, JobContext(), folder).low, first.low)
    monkeypatch.setattr(module, "_sound", sound)
    file.write_bytes(file.read_bytes()[:100])
    assert np.array_equal(load_waveform(info, JobContext(), folder).high, first.high)
    assert [one.suffix for one in folder.iterdir()] == [".npz"]


def test_cancelling_leaves_nothing(burst, tmp_path):
    context = JobContext()
    context.token.cancel()
    with pytest.raises(Cancelled):
        load_waveform(probe_clip(burst), context, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_memory_is_bounded_and_nothing_is_lost():
    collector = PeakCollector(0.001, most_spans=1000)
    for second in range(40):
        samples = np.full((2, 2000), 0.1, np.float32)
        samples[1, 1000] = -0.01 * second
        collector.add(float(second), samples, 2000)
    low, _ = collector.result()
    assert len(low) <= 1000
    assert collector.span_seconds == pytest.approx(0.064)
    found = Waveform(collector.span_seconds, *collector.result(), None, 25.0)
    bottom, top = found.peaks(np.arange(41.0))
    assert bottom[1:-1] == pytest.approx(-0.01 * np.arange(1, 39), abs=0.005)
    assert top == pytest.approx(np.full(40, 0.1), abs=0.005)


def test_every_level_of_the_pyramid_agrees():
    rng = np.random.default_rng(1)
    high = rng.integers(0, 127, 100_003).astype(np.int8)
    found = Waveform(0.01, (-high).astype(np.int8), high, None, 25.0)
    for columns in (1, 7, 300, 5000):
        edges = np.linspace(0, len(high) * 0.01, columns + 1)
        low, top = found.peaks(edges)
        exact = [
            high[int(a / 0.01 + 1e-6) : int(np.ceil(b / 0.01 - 1e-6))].max() / 127 for a, b in itertools.pairwise(edges)
        ]
        assert (top >= np.float32(exact) - 1e-6).all()  # never less than what sounds there
        assert np.allclose(low, -top)
    outside, _ = found.peaks(np.array([-2.0, -1.0, 2000.0, 2001.0]))
    assert not outside[[0, 2]].any()
