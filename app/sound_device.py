"""The sound device of the machine. Nothing of Qt's multimedia part is imported before a clip with sound is there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

BUFFER_SECONDS = 0.15
FALLBACK_RATE = 48000


def load_multimedia() -> bool:
    """Import Qt's multimedia part, on a worker, so that the window need not wait. Returns whether it is there."""
    try:
        import PySide6.QtMultimedia  # noqa: F401
    except ImportError as error:
        log.info("no sound: %s", error)
        return False
    return True


def open_device() -> tuple[QtSoundDevice | None, str]:
    """The default output, or None and a few words that say why there is none."""

    try:
        from PySide6.QtMultimedia import QAudioFormat, QMediaDevices
    except ImportError:
        return None, QCoreApplication.translate("SoundDevice", "a system library for sound is missing")
    output = QMediaDevices.defaultAudioOutput()
    if output.isNull():
        return None, QCoreApplication.translate("SoundDevice", "there is no sound device")
    preferred = output.preferredFormat().sampleRate()
    for rate in dict.fromkeys((preferred, FALLBACK_RATE, 44100)):
        for kind in (QAudioFormat.SampleFormat.Int16, QAudioFormat.SampleFormat.Float):
            shape = QAudioFormat()
            shape.setSampleRate(rate)
            shape.setChannelCount(2)
            shape.setSampleFormat(kind)
            if rate > 0 and output.isFormatSupported(shape):
                return QtSoundDevice(output, shape), ""
    return None, QCoreApplication.translate("SoundDevice", "the sound device takes no stereo sound")


class QtSoundDevice:
    """A QAudioSink that is written to. Used on the GUI thread."""

    def __init__(self, output: Any, shape: Any) -> None:
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink

        self.rate: int = shape.sampleRate()
        self._frame_bytes: int = shape.bytesPerFrame()
        self._is_float = shape.sampleFormat() == QAudioFormat.SampleFormat.Float
        self._sink = QAudioSink(output, shape)
        self._sink.setBufferSize(round(BUFFER_SECONDS * self.rate) * self._frame_bytes)
        self._pipe: Any = None
        self._written = 0

    def start(self) -> None:
        """Begin with an empty buffer."""
        self._written = 0
        self._pipe = self._sink.start()

    def stop(self) -> None:
        """Drop what was not heard."""
        self._pipe = None
        self._sink.reset()
        self._sink.stop()  # not every system does that with it

    def room(self) -> int:
        """Frames that fit into the buffer."""
        return 0 if self._pipe is None else max(0, self._sink.bytesFree() // self._frame_bytes)

    def write(self, samples: NDArray[np.int16]) -> int:
        """Take frames; see :class:`app.sound.SoundDevice`."""
        if self._pipe is None:
            return 0
        data = samples.astype(np.float32) / 32768 if self._is_float else np.ascontiguousarray(samples)
        done = max(0, int(self._pipe.write(data.tobytes()))) // self._frame_bytes
        self._written += done
        return done

    def heard(self) -> int:
        """Frames that left the buffer."""
        if self._pipe is None:
            return 0
        waiting = max(0, self._sink.bufferSize() - self._sink.bytesFree()) // self._frame_bytes
        return max(0, self._written - waiting)

    def is_lost(self) -> bool:
        """Whether it did not begin, since another program holds it, or stopped by itself."""
        if self._pipe is None:
            return True
        from PySide6.QtMultimedia import QtAudio

        return self._sink.error() in (QtAudio.Error.OpenError, QtAudio.Error.FatalError)

    def set_volume(self, volume: float) -> None:
        """0..1, of the amplitude."""
        self._sink.setVolume(volume)
