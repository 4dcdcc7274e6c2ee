"""What a training run is: read from TOML, checked, and copied into the run folder."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import msgspec

from vbr_core.errors import InputError
from vbr_core.model.config import NetworkConfig

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_FILE = "config.toml"


class DataConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the samples come from.

    Attributes:
        train: Folder with SVB clips.
        validation: Folder with other SVB clips.
        cache: Folder for prepared clips (decoded, with corrupted disparity and base render); made when missing.
        variants: Differently corrupted disparities prepared of each clip, the clean one included.
        prepared: Folder that ``python -m vbr_core.train.prepared_scenes`` fills, also while this trains; instead of
            ``train``. It is kept on the device that trains.
        alone_share: Share of the prepared windows that are shown as if their frames were alone, as in a preview; all of
            them if the network does not look around.
        other_colors: Show prepared windows in other colours each time (``prepared_scenes.recolored``).
        live: Make clips while training instead of reading ``train`` (needs a GPU to keep up).
        photographs: Folders for live clips.
        cutouts: Folders for live clips.
        live_clips: Clips kept in memory; the oldest is replaced as new ones are made.
    """

    train: str = ""
    validation: str = ""
    cache: str = ""
    variants: int = 2
    prepared: str = ""
    alone_share: float = 0.0
    other_colors: bool = False
    live: bool = False
    photographs: tuple[str, ...] = ()
    cutouts: tuple[str, ...] = ()
    live_clips: int = 256


class TrainingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a run goes.

    Attributes:
        start: A network (safetensors) to start from: weights of the same name and shape are taken over. Empty: none.
        highlights: Weights of the guess of clipped light, from ``python -m vbr_core.train.highlights``; they
            stay as they are. Empty: those of ``start``.
        mending: Weights of the mending of disparity, from ``python -m vbr_core.train.mending``; the same.
        separation: Weights of the separation into layers, from ``python -m vbr_core.train.separation``; the same.
        frame_steps: Steps of the coarse generator on single frames, without fusion, before all else. They see many more
            scenes in the same time; ablations can share them through ``start``.
        frame_batch: Frames in such a step.
        frame_crop: Their height and width.
        coarse_steps: Steps of the coarse generator on windows.
        refiner_steps: Steps of the refiner, after it.
        batch: Windows in a step (on each GPU).
        window: Frames in a window (paper: 4).
        crop: Height and width of the windows.
        learning_rate: Adam's; falls to a hundredth along a cosine.
        window_rate: The same on windows, of the coarse generator; 0: ``learning_rate``.
        time_shares: How a time budget is split over the three parts of the schedule. What is planned and cannot be done
            in that time is left out evenly: the learning rate still falls to its end. Empty: a run just stops.
        warmup_steps: Over which it rises at the start of a stage.
        relation_weight: ``lambda`` of eq. 9; 0 is the ablation "w/o L_r".
        rounding: Where L1's kink is rounded off, in units of the picture (``losses.absolute``); 0 is the paper's L1.
        average: Decay of the moving average of the weights, which is what is validated and exported.
        clip_gradient: Largest norm of the gradient.
        seed: Of samples and first weights.
        validate_every: Steps between validations.
        checkpoint_every: Steps between checkpoints.
        log_every: Steps between lines of the log.
    """

    start: str = ""
    highlights: str = ""
    mending: str = ""
    separation: str = ""
    frame_steps: int = 0
    frame_batch: int = 32
    frame_crop: int = 96
    coarse_steps: int = 5000
    refiner_steps: int = 2000
    batch: int = 8
    window: int = 4
    crop: int = 128
    learning_rate: float = 8e-4
    window_rate: float = 0.0
    time_shares: tuple[float, ...] = ()
    warmup_steps: int = 100
    relation_weight: float = 5.0
    rounding: float = 0.02
    average: float = 0.998
    clip_gradient: float = 0.05
    seed: int = 0
    validate_every: int = 500
    checkpoint_every: int = 250
    log_every: int = 20

    def __post_init__(self) -> None:
        for name in ("batch", "window", "validate_every", "checkpoint_every", "log_every"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} = {getattr(self, name)} must be at least 1.")
        if min(self.crop, self.frame_crop) < 16 or self.crop % 16 or self.frame_crop % 16:
            raise InputError(f"crop = {self.crop} and frame_crop = {self.frame_crop} must be multiples of 16.")
        if self.time_shares and (len(self.time_shares) != 3 or min(self.time_shares) < 0 or sum(self.time_shares) <= 0):
            raise InputError(f"time_shares = {self.time_shares} must hold three shares, none below 0.")
        if min(self.frame_steps, self.coarse_steps, self.refiner_steps) < 0 or not 0.0 <= self.average < 1.0:
            raise InputError("Steps must not be negative, and average must be in 0..1.")


class RunConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole run; the TOML file has the sections ``[data]``, ``[network]`` and ``[training]``."""

    data: DataConfig = DataConfig()
    network: NetworkConfig = NetworkConfig()
    training: TrainingConfig = TrainingConfig()


def read_config(path: Path) -> RunConfig:
    """Read a run's TOML file.

    Raises:
        InputError: It is missing, not TOML, or a key is unknown or out of range; the sentence names the key.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), RunConfig)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InputError(
            f"'{path}' is not a training configuration: {error}.", "resources/training/vbr-from-clips.toml is one."
        ) from error


def open_run(config: Path, folder: Path) -> RunConfig:
    """Read a run's configuration and copy it into the run folder.

    A run that is continued may be given another schedule, but not another network.

    Raises:
        InputError: The file is wrong, or the folder holds a run of another network.
    """
    run = read_config(config)
    kept = folder / CONFIG_FILE
    if kept.exists() and read_config(kept).network != run.network:
        raise InputError(f"'{folder}' holds a run of another network.", "Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    if not kept.exists() or not kept.samefile(config):
        part = kept.with_name(kept.name + ".part")
        part.write_bytes(config.read_bytes())
        part.replace(kept)
    return run
