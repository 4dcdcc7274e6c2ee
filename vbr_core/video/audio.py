"""Carrying the sound of a clip into another file: packets are copied where the container takes the codec."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av.error
from av.audio.resampler import AudioResampler
from av.stream import Discard

from vbr_core.errors import VbrError
from vbr_core.video.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

_MP4_CODECS = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})
_AAC_RATES = frozenset({96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000})
_AAC_BITS_PER_CHANNEL = 96_000
_LAYOUTS = ("mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1")
"""What AAC is given for 1 to 8 channels; more are mixed down to the last one."""
_LEAD_SECONDS = 2
"""How far before the range reading starts, so that no packet that reaches into it is missed."""


@dataclass(frozen=True)
class AudioCut:
    """Which part of the sound is carried, and where its clock begins.

    Attributes:
        origin: Time on the source's clock that becomes 0, seconds.
        start: Sound before this time on the source's clock is left out (but for the packet that decoders need to get
            going); None for all.
        stop: Sound from this time on is left out; None for all.
    """

    origin: Fraction
    start: Fraction | None = None
    stop: Fraction | None = None


class _Track:
    """One audio track on its way."""

    def __init__(self, source: AudioStream, target: AudioStream, resampler: AudioResampler | None) -> None:
        self.source = source
        self.target = target
        self.resampler = resampler  # None: packets are copied
        self.before: Packet[Any] | None = None  # the packet just before the range
        self.started = False
        self.last_dts: int | None = None


class AudioCarrier:
    """Copies the audio tracks of a file into an output container, a bit at a time, so that memory stays flat.

    Args:
        source: The file with the sound.
        output: Where it goes; its streams are added here, so nothing may have been muxed yet.
        cut: The part to carry.

    Raises:
        ClipError: The source cannot be opened.
    """

    def __init__(self, source: Path, output: OutputContainer, cut: AudioCut) -> None:
        self._output = output
        self._cut = cut
        self._container = open_source(source)
        self._tracks: dict[int, _Track] = {}
        self._held: Packet[Any] | None = None
        self.notes: list[str] = []
        try:
            for number, stream in enumerate(self._container.streams.audio, start=1):
                self._add(stream, number)
            for other in self._container.streams:
                if other.index not in self._tracks:
                    other.discard = Discard.all
            self._packets = self._read()
        except BaseException:
            self.close()
            raise

    def _add(self, stream: AudioStream, number: int) -> None:
        codec = stream.codec_context.codec.canonical_name if stream.codec_context is not None else ""
        if not codec or stream.codec_context.sample_rate <= 0:
            self.notes.append(f"Audio track {number} cannot be read and is left out.")
            return
        name = self._output.format.name
        taken = codec in _MP4_CODECS or (name == "mov" and codec.startswith("pcm_")) or name == "matroska"
        target: AudioStream | None = None
        if taken:
            try:
                target = self._output.add_stream_from_template(stream)
            except ValueError:  # the container does not take it after all
                target = None
        resampler = None
        if target is None:
            self.notes.append(f"Audio track {number} is {codec}, which the file cannot hold; it is converted to AAC.")
            rate = stream.codec_context.sample_rate
            rate = rate if rate in _AAC_RATES else 48000
            channels = min(stream.codec_context.channels, len(_LAYOUTS))
            layout = _LAYOUTS[max(1, channels) - 1]
            target = self._output.add_stream("aac", rate=rate, layout=layout)
            target.codec_context.bit_rate = _AAC_BITS_PER_CHANNEL * channels
            target.codec_context.time_base = Fraction(1, rate)
            resampler = AudioResampler(format="fltp", layout=layout, rate=rate, frame_size=1024)
        for key in ("language", "title", "handler_name"):
            if key in stream.metadata:
                target.metadata[key] = stream.metadata[key]
        target.disposition = stream.disposition
        self._tracks[stream.index] = _Track(stream, target, resampler)

    def __len__(self) -> int:
        return len(self._tracks)

    def carry_until(self, time: Fraction | None) -> None:
        """Mux the sound that starts before ``time`` (seconds on the source's clock), all of it if None.

        Raises:
            av.error.FFmpegError: The output cannot be written.
        """
        while self._tracks:
            packet = self._held if self._held is not None else next(self._packets, None)
            self._held = None
            if packet is None:
                return
            if time is not None and _time(packet) >= time:
                self._held = packet
                return
            self._carry(packet)

    def finish(self) -> None:
        """Mux what is left.

        Raises:
            av.error.FFmpegError: The output cannot be written.
        """
        self.carry_until(None)
        for track in self._tracks.values():
            if track.resampler is None:
                continue
            for frame in track.resampler.resample(None):
                self._output.mux(track.target.encode(frame))
            self._output.mux(track.target.encode(None))

    def close(self) -> None:
        """Close the source."""
        self._held = None
        self._container.close()

    def _read(self) -> Iterator[Packet[Any]]:
        """All packets with a time, in file order; a damaged end just ends them."""
        target = self._cut.start - _LEAD_SECONDS if self._cut.start is not None else Fraction(0)
        if target > 0 and self._tracks:
            with contextlib.suppress(av.error.FFmpegError):  # cannot seek: read from wherever it is
                self._container.seek(int(target * 1_000_000))
        packets = self._container.demux(tuple(track.source for track in self._tracks.values()))
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.FFmpegError):
                return
            if packet.size and packet.pts is not None and not packet.is_corrupt:
                yield packet

    def _carry(self, packet: Packet[Any]) -> None:
        track = self._tracks[packet.stream_index]
        start, stop = self._cut.start, self._cut.stop
        begin = _time(packet)
        end = begin + (packet.duration or 0) * packet.time_base
        if stop is not None and begin >= stop:
            return
        if start is not None and (end <= start if packet.duration else begin < start):
            track.before = packet
            return
        if track.before is not None:
            self._pass_on(track, track.before)
            track.before = None
        self._pass_on(track, packet)

    def _pass_on(self, track: _Track, packet: Packet[Any]) -> None:
        if track.resampler is not None:
            self._convert(track, packet)
            return
        shift = round(self._cut.origin / packet.time_base)
        assert packet.pts is not None
        if self._output.format.name == "matroska" and packet.pts < shift:
            return  # times below 0 would move the whole file
        packet.pts -= shift
        packet.dts = packet.dts - shift if packet.dts is not None else packet.pts
        if track.last_dts is not None and packet.dts <= track.last_dts:
            return
        track.last_dts = packet.dts
        packet.stream = track.target
        self._output.mux(packet)

    def _convert(self, track: _Track, packet: Packet[Any]) -> None:
        assert track.resampler is not None
        try:
            frames: list[AudioFrame] = track.source.decode(packet)
        except av.error.FFmpegError:  # a damaged packet
            return
        for frame in frames:
            if frame.pts is None or frame.time_base is None:
                continue
            begin = frame.pts * frame.time_base
            end = begin + Fraction(frame.samples, frame.sample_rate)
            if self._cut.start is not None and end <= self._cut.start:
                continue
            frame.pts -= round(self._cut.origin / frame.time_base)
            for piece in track.resampler.resample(frame):
                self._output.mux(track.target.encode(piece))


def _time(packet: Packet[Any]) -> Fraction:
    assert packet.pts is not None
    return packet.pts * packet.time_base


def audio_start(source: Path) -> Fraction | None:
    """When the first audio track starts on the source's clock, in seconds; None without sound or if not stated."""
    try:
        container = open_source(source)
    except VbrError:
        return None
    with container:
        starts = [
            stream.start_time * stream.time_base
            for stream in container.streams.audio
            if stream.start_time is not None and stream.time_base is not None
        ]
    return min(starts, default=None)
