"""Puts sound and pre-rendering to the player: for the open clip, with the user's choices and the commands for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from app import preferences
from app.prerender import Prerender
from app.sound import SoundPlayer
from app.sound_device import load_multimedia, open_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from app.actions import Actions
    from app.core_access import Core
    from app.frame_worker import FrameWorker
    from app.job_runner import JobRunner
    from app.player import Player
    from app.preview import PreviewController
    from app.session import Session
    from app.sound import SoundDevice
    from app.transport import TransportBar


class Playback(QObject):
    """Gives the player the sound of the open clip, the transport its loudspeaker, the preview what it makes ahead."""

    def __init__(
        self,
        session: Session,
        core: Core,
        runner: JobRunner,
        player: Player,
        transport: TransportBar,
        actions: Actions,
        worker: FrameWorker,
        preview: PreviewController,
        parent: QObject | None = None,
        find_device: Callable[[], tuple[SoundDevice | None, str]] = open_device,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._core = core
        self._runner = runner
        self._player = player
        self._is_loaded = False
        self.sound = SoundPlayer(find_device, self)
        self.sound.set_volume(_number("playback/volume", 1.0))
        player.set_sound(self.sound)
        transport.set_sound(self.sound)
        mute = actions.get("mute")
        mute.setChecked(preferences.preferences().value("playback/muted") in (True, "true"))
        self.sound.set_muted(mute.isChecked())
        mute.toggled.connect(self._set_muted)
        transport.volume_chosen.connect(self._set_volume)
        player.loop_changed.connect(actions.get("loop").setChecked)
        session.clip_opened.connect(self._on_clip_opened)
        self.prerender = Prerender(session, worker, preview, runner, self)
        ahead = actions.get("prerender")
        ahead.setChecked(preferences.preferences().value("playback/prerender", "true") in (True, "true"))
        self.prerender.set_enabled(ahead.isChecked())
        ahead.toggled.connect(self._set_prerender)

    def shut(self) -> None:
        """The window closes."""
        self.prerender.shut()
        self.sound.shut()

    def _set_prerender(self, enabled: bool) -> None:
        self.prerender.set_enabled(enabled)
        preferences.preferences().setValue("playback/prerender", enabled)

    def _set_muted(self, muted: bool) -> None:
        self.sound.set_muted(muted)
        preferences.preferences().setValue("playback/muted", muted)

    def _set_volume(self, volume: float) -> None:
        self.sound.set_volume(volume)
        preferences.preferences().setValue("playback/volume", volume)

    def _on_clip_opened(self, info: Any) -> None:
        tracks = getattr(info, "audio", ())
        if not tracks:
            self.sound.set_source(None)
        else:
            track = tracks[0].stream_index

            def source(seconds: float, rate: int) -> Iterator[np.ndarray]:  # on the thread of the sound
                return self._core.open_sound(info, track, seconds, rate)

            self.sound.set_source(source)
            if not self._is_loaded:
                self._is_loaded = True
                self._runner.start("", lambda _ctx: load_multimedia(), courteous=False)
        if getattr(info, "variable_frame_rate", False):
            job = self._runner.start("", lambda _ctx: self._core.frame_times(info))
            job.finished.connect(lambda times: self._on_times(info, times))

    def _on_times(self, info: object, times: tuple[float, ...]) -> None:
        if info is self._session.clip_info and len(times) == self._session.frame_count:
            self._player.set_times(times)


def _number(name: str, fallback: float) -> float:
    try:
        return float(str(preferences.preferences().value(name, fallback)))
    except ValueError:
        return fallback
