"""The training loop of VBR: coarse generator first, then the refiner (paper, section 6.1).

A run lives in a folder: ``config.toml`` (as given), ``checkpoint.pt`` (everything needed to go on: weights, moving
average, optimiser, step), ``log.csv``, ``validation/`` (pictures) and at the end ``network.safetensors``. Started
again on the same folder it goes on, and on the CPU ends with the very same weights as if it had never stopped.

Several GPUs: ``torchrun --nproc-per-node N -m vbr_core.train RUN.toml -o FOLDER``.
"""

from __future__ import annotations

import csv
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from vbr_core.errors import InputError
from vbr_core.model.network import Stage, VbrNetwork, resize
from vbr_core.train.averaging import follow
from vbr_core.train.data import Batch, BatchStream, prepare_all
from vbr_core.train.losses import relation_loss, spatial_loss
from vbr_core.train.svb.make import clips_in

if TYPE_CHECKING:
    from vbr_core.jobs import JobContext
    from vbr_core.render.base_picture import BasePicture
    from vbr_core.train.config import RunConfig, TrainingConfig
    from vbr_core.train.prepared_scenes import PreparedStream

LAST_RATE = 0.01
VALIDATION_WINDOWS = 8


@dataclass
class RunResult:
    """How a run ended.

    Attributes:
        step: Steps done, over both stages.
        total: Steps planned.
        finished: Whether all planned steps are done.
        checkpoint: The file to go on from.
        losses: Loss of every step of this call.
    """

    step: int
    total: int
    finished: bool
    checkpoint: Path
    losses: list[float] = field(default_factory=list)


def stage_of(step: int, training: TrainingConfig) -> tuple[str, int, int]:
    """Name of the stage that trains at ``step``, the step within it, and its number of steps.

    ``frames`` is the coarse generator on single frames, ``coarse`` the same on windows, ``refiner`` the refiner.
    """
    if step < training.frame_steps:
        return "frames", step, training.frame_steps
    step -= training.frame_steps
    if step < training.coarse_steps:
        return "coarse", step, training.coarse_steps
    return "refiner", step - training.coarse_steps, training.refiner_steps


def rate_at(step: int, steps: int, training: TrainingConfig) -> float:
    """Share of the learning rate at a step of a stage: a linear rise, then a cosine to a hundredth."""
    rise = min(1.0, (step + 1) / max(1, training.warmup_steps))
    fall = LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, steps))))
    return rise * fall


def paced_step(step: int, used: float, training: TrainingConfig) -> int:
    """The step that a run with a time budget should be at, never an earlier one than it is.

    Args:
        step: Steps done.
        used: Share of the time that is used up.
        training: The schedule, with ``time_shares``.
    """
    if not training.time_shares:
        return step
    shares, steps = [0.0], [0]
    for share, count in zip(
        training.time_shares, (training.frame_steps, training.coarse_steps, training.refiner_steps), strict=True
    ):
        shares.append(shares[-1] + share / sum(training.time_shares))
        steps.append(steps[-1] + count)
    return max(step, int(np.interp(used, shares, steps)))


def passed(before: int, step: int, every: int) -> bool:
    """Whether a multiple of ``every`` lies after ``before``, up to ``step``: a run with a time budget skips steps."""
    return before // every < step // every


def run_stage(network: VbrNetwork, stage: str, batch: Batch, module: nn.Module | None = None) -> torch.Tensor:
    """The result of a stage for whole windows, (B, T, 3, H, W).

    The refiner gets the coarse result at half the size, enlarged, as it does at every step of eq. 4.

    Args:
        network: Both stages.
        stage: ``frames``, ``coarse`` or ``refiner``.
        batch: The windows.
        module: The stage to train, wrapped for several GPUs; by default the network's own.
    """
    radius = network.config.max_radius_px
    before = None
    if stage == "refiner":
        half = (batch.frames.shape[-2] // 2, batch.frames.shape[-1] // 2)
        with torch.no_grad():
            base = None if batch.base is None else resize(batch.base, half)
            small = network.pictures_for(resize(batch.frames, half), base, None)
            before = network.coarse(small, resize(batch.defocus, half) * (0.5 / radius))
            before = resize(before, (batch.frames.shape[-2], batch.frames.shape[-1]))
    pictures = network.pictures_for(batch.frames, batch.base, before)
    chosen: Any = module if module is not None else part_of(network, stage)
    return chosen(pictures, batch.defocus / radius, fuse=stage != "frames")


def part_of(network: VbrNetwork, stage: str) -> Stage:
    """The part of the network that a stage trains."""
    return network.refiner if stage == "refiner" else network.coarse


class Trainer:
    """State of a run and one step of it.

    Args:
        config: The run.
        folder: Its folder; a checkpoint in it is continued.
        device: torch device string.
    """

    def __init__(self, config: RunConfig, folder: Path, device: str = "cpu") -> None:
        self.config, self.folder, self.device = config, folder, device
        self.rank, self.world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        torch.manual_seed(config.training.seed)
        torch.backends.cudnn.benchmark = True  # crops are of one size; the processor knows no such choice
        layout = torch.channels_last  # the faster one, on the CPU and with bf16 on CUDA
        self.network = network_of(config).to(device).to(memory_format=layout)
        self.average = VbrNetwork(config.network).to(device).to(memory_format=layout).requires_grad_(False)
        for part in (self.network.highlights, self.network.mending, self.network.separation):
            if part is not None:
                part.requires_grad_(False)
        self.average.load_state_dict(self.network.state_dict())
        self.step = 0
        self._stage = ""
        self._module: nn.Module | None = None
        self._optimizer: torch.optim.Optimizer | None = None
        path = self.checkpoint_path
        if path.exists():
            self._resume(path)

    @property
    def checkpoint_path(self) -> Path:
        """The run's checkpoint."""
        return self.folder / "checkpoint.pt"

    @property
    def total(self) -> int:
        """Steps planned, over both stages."""
        training = self.config.training
        return training.frame_steps + training.coarse_steps + training.refiner_steps

    def _begin_stage(self, stage: str) -> None:
        if self._stage:
            # what comes next builds on the averaged weights: smoother, and what will be shipped
            self.network.coarse.load_state_dict(self.average.coarse.state_dict())
        if stage == "refiner":
            # the refiner learns on what will really be shown to it: the averaged coarse generator
            self.network.coarse.load_state_dict(self.average.coarse.state_dict())
        self.network.coarse.requires_grad_(stage != "refiner")
        self.network.coarse.fusion.requires_grad_(stage == "coarse")
        self.network.refiner.requires_grad_(stage == "refiner")
        part = part_of(self.network, stage)
        trained = [parameter for parameter in part.parameters() if parameter.requires_grad]
        on_cuda = self.device.startswith("cuda")
        self._optimizer = torch.optim.Adam(trained, lr=self.config.training.learning_rate, fused=on_cuda)
        self._module = part
        if self.world > 1:
            devices = [torch.device(self.device)] if self.device.startswith("cuda") else None
            self._module = nn.parallel.DistributedDataParallel(part, device_ids=devices)
        self._stage = stage

    def train_step(self, batch: Batch) -> dict[str, float]:
        """One step on a batch: its losses and the gradient's norm."""
        training = self.config.training
        stage, step, steps = stage_of(self.step, training)
        if stage != self._stage:
            self._begin_stage(stage)
        assert self._optimizer is not None
        rate = training.learning_rate * rate_at(step, steps, training)
        if stage == "coarse" and training.window_rate:
            rate = training.window_rate * rate_at(step, steps, training)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        batch = batch.to(self.device)
        on_cuda = self.device.startswith("cuda")
        with torch.autocast("cuda", torch.bfloat16, enabled=on_cuda):
            result = run_stage(self.network, stage, batch, self._module).float()
        spatial = spatial_loss(result, batch.truth, training.rounding)
        relation = relation_loss(result, batch.truth, training.rounding)
        loss = spatial + training.relation_weight / result.shape[1] * relation
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        part = part_of(self.network, stage)
        norm = nn.utils.clip_grad_norm_(part.parameters(), training.clip_gradient)
        if torch.isfinite(norm):
            self._optimizer.step()
        follow(part_of(self.average, stage), part, step, training.average)
        self.step += 1
        figures = {"loss": loss, "spatial": spatial, "relation": relation, "norm": norm}
        return {name: float(value.detach()) for name, value in figures.items()}

    def save(self) -> None:
        """Write the checkpoint (rank 0 only); a broken write leaves the old one."""
        if self.rank:
            return
        state = {
            "step": self.step,
            "stage": self._stage,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict() if self._optimizer else None,
        }
        part = self.checkpoint_path.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.checkpoint_path)

    def _resume(self, path: Path) -> None:
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            if state["stage"]:
                self._begin_stage(state["stage"])
                self.network.load_state_dict(state["network"])
                assert self._optimizer is not None
                self._optimizer.load_state_dict(state["optimizer"])
            self.step = int(state["step"])
        except (RuntimeError, KeyError, EOFError, OSError, ValueError) as error:
            raise InputError(
                f"The checkpoint '{path}' does not fit this run: {str(error).splitlines()[0]}",
                "Use the configuration it was begun with, or another folder.",
            ) from error


def network_of(config: RunConfig) -> VbrNetwork:
    """A run's network as it begins: new weights, those of ``start``, and the parts that were trained before."""
    network = VbrNetwork(config.network)
    if config.training.start:
        take_over(network, Path(config.training.start))
    for name in ("highlights", "mending", "separation"):
        if getattr(config.training, name):
            take_part(network, name, Path(getattr(config.training, name)))
    return network


def take_over(network: VbrNetwork, path: Path) -> None:
    """Take weights of the same name and shape from another network's file.

    Raises:
        InputError: The file is no such network, or nothing in it fits.
    """
    from vbr_core.model.weights import load_network

    mine = network.state_dict()
    fitting = {
        name: value
        for name, value in load_network(path).state_dict().items()
        if name in mine and mine[name].shape == value.shape
    }
    if not fitting:
        raise InputError(f"Nothing in '{path}' fits this network.", "Give a network of the same widths.")
    network.load_state_dict({**mine, **fitting})


def take_part(network: VbrNetwork, name: str, path: Path) -> None:
    """Take a part that was trained on its own, ``highlights``, ``mending`` or ``separation``, from its tool's file.

    Raises:
        InputError: The file is not such weights, or the network has no place for them.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    part = getattr(network, name)
    if part is None:
        widths = f"{name.removesuffix('s')}_widths"
        raise InputError(f"This network has no {widths}, so it takes no {name}.", "Set them in [network].")
    try:
        part.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"'{path}' holds no weights for {name} of this size.") from error


def _shape_of(step: int, training: TrainingConfig) -> tuple[int, int, int]:
    """Windows, frames and crop of a step's batch."""
    if stage_of(step, training)[0] == "frames":
        return training.frame_batch, 1, training.frame_crop
    return training.batch, training.window, training.crop


@torch.no_grad()
def validate(network: VbrNetwork, stage: str, windows: list[Batch]) -> dict[str, float]:
    """Figures of the averaged network on fixed windows: PSNR of result and base, and the relation loss of both."""
    network.eval()
    sums = {"psnr": 0.0, "base_psnr": 0.0, "relation": 0.0, "base_relation": 0.0}
    for batch in windows:
        result = run_stage(network, stage, batch).float().clamp(0, 1)
        base = batch.base[:, :, :3] if batch.base is not None else batch.frames
        for name, picture in (("", result), ("base_", base)):
            error = (picture - batch.truth).square().mean(dim=(-3, -2, -1))
            sums[name + "psnr"] += float((-10 * torch.log10(error.clamp_min(1e-10))).mean()) / len(windows)
            sums[name + "relation"] += float(relation_loss(picture, batch.truth)) / len(windows)
    network.train()
    return sums


def base_renderer(network: VbrNetwork, device: str) -> BasePicture | None:
    """The renderer of the base pictures, or None."""
    if not network.config.hybrid:
        return None
    from vbr_core.render import load_renderer
    from vbr_core.render.base_picture import BasePicture

    return BasePicture.of(network, load_renderer(network.config.base, device))


def _validation_windows(clips: list[Any], device: str) -> list[Batch]:
    """Whole first windows of the validation clips, clean and corrupted in turn."""
    from vbr_core.train.data import collate

    windows = []
    for index, clip in enumerate(clips[:VALIDATION_WINDOWS]):
        t0 = max(0, min(6, clip.frames - 4))
        height, width = clip.height // 16 * 16, clip.width // 16 * 16
        sample = clip.window(index % clip.variants, t0, min(clip.frames, t0 + 4), 0, height, 0, width)
        windows.append(collate([sample]).to(device))
    return windows


def train(
    config: RunConfig, folder: Path, context: JobContext, device: str = "cpu", minutes: float = math.inf
) -> RunResult:
    """Train until the planned steps are done or the time is up.

    Args:
        config: The run.
        folder: Run folder; an unfinished run in it is continued.
        context: Progress and stop; a stop saves a checkpoint first.
        device: torch device string.
        minutes: Time budget, data preparation included. When it is up, a checkpoint is saved and the call returns.

    Raises:
        InputError: Data is missing, or the folder holds another run.
    """
    start = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    training = config.training
    device = _join_group(device)
    trainer = Trainer(config, folder, device)
    base = base_renderer(trainer.network, device)
    stream, validation = _open_data(config, folder, base, context, device, trainer)
    losses: list[float] = []
    log = _Log(folder / "log.csv") if trainer.rank == 0 else None
    began = time.monotonic()
    first = trainer.step
    try:
        while trainer.step < trainer.total and time.monotonic() - start < 60.0 * minutes:
            before = trainer.step
            context.step(before, trainer.total, f"Training the {stage_of(before, training)[0]} stage")
            if math.isfinite(minutes):
                used = (time.monotonic() - began) / (60.0 * minutes - (began - start))
                trainer.step = paced_step(trainer.step, used, training)
            figures = trainer.train_step(stream.take(trainer.step))
            losses.append(figures["loss"])
            if log and passed(before, trainer.step, training.log_every):
                pace = (time.monotonic() - began) / (trainer.step - first)
                log.write(trainer.step, {**figures, "seconds_per_step": pace})
            last = trainer.step == trainer.total
            if log and validation and (passed(before, trainer.step, training.validate_every) or last):
                stage = stage_of(trainer.step - 1, training)[0]
                log.write(
                    trainer.step, {f"val_{k}": v for k, v in validate(trainer.average, stage, validation).items()}
                )
                _validation_picture(folder, trainer, stage, validation)
            if passed(before, trainer.step, training.checkpoint_every) or last:
                trainer.save()
    finally:
        stream.close()
        trainer.save()
        if trainer.world > 1:
            torch.distributed.destroy_process_group()
    finished = trainer.step >= trainer.total
    if trainer.rank == 0:
        from vbr_core.model.weights import save_network

        save_network(trainer.average, folder / "network.safetensors", {"step": str(trainer.step)})
    return RunResult(trainer.step, trainer.total, finished, trainer.checkpoint_path, losses)


def _join_group(device: str) -> str:
    """Under ``torchrun``: join the other processes, each on its own GPU. Returns this process's device."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return device
    on_cuda = device.startswith("cuda")
    if on_cuda:
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if on_cuda else "gloo")
    return device


def _open_data(
    config: RunConfig, folder: Path, base: BasePicture | None, context: JobContext, device: str, trainer: Trainer
) -> tuple[BatchStream | PreparedStream, list[Batch]]:
    """Training batches and validation windows."""
    data = config.data
    cache = Path(data.cache) if data.cache else folder / "cache"
    validation: list[Batch] = []
    if data.validation:
        found = clips_in(Path(data.validation))
        prepared = prepare_all(found, cache / "validation", max(2, data.variants), base, 1, context)
        validation = _validation_windows(prepared, device)
    seed = config.training.seed + 1000 * trainer.rank

    def shape_of(step: int) -> tuple[int, int, int]:
        return _shape_of(step, config.training)

    if data.prepared:
        from vbr_core.train.prepared_scenes import PreparedStream

        alone_share = data.alone_share if config.network.looks_around else 1.0
        stream = PreparedStream(Path(data.prepared), device, alone_share, shape_of, seed, context, data.other_colors)
        return stream, validation
    clips: Any
    if data.live:
        from vbr_core.train.live import LiveClips

        clips = LiveClips(config, base, device, trainer.rank, context)
    else:
        clips = prepare_all(clips_in(Path(data.train)), cache / "train", data.variants, base, 0, context)
    return BatchStream(clips, trainer.step, shape_of, seed), validation


def _validation_picture(folder: Path, trainer: Trainer, stage: str, windows: list[Batch]) -> None:
    """Rows of frame, base, result and truth of the first windows, as a PNG."""
    import cv2

    target = folder / "validation"
    target.mkdir(exist_ok=True)
    rows = []
    for batch in windows[:4]:
        with torch.no_grad():
            result = run_stage(trainer.average, stage, batch).float()
        base = None if batch.base is None else batch.base[:, :, :3]
        shown = [batch.frames, base, result, batch.truth]
        pictures = [p[0, 1].clamp(0, 1).permute(1, 2, 0).cpu().numpy() for p in shown if p is not None]
        rows.append(np.concatenate(pictures, axis=1))
    picture = (np.concatenate(rows)[..., ::-1] * 255).round().astype(np.uint8)
    done, data = cv2.imencode(".png", picture)
    if done:
        (target / f"{trainer.step:06d}.png").write_bytes(bytes(data))


class _Log:
    """``log.csv``: step, name, value; what a crash cut off is not read again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            path.write_text("step,name,value\n", encoding="utf-8")

    def write(self, step: int, figures: dict[str, float]) -> None:
        """Add lines."""
        with self._path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows((step, name, f"{value:.6g}") for name, value in figures.items())
