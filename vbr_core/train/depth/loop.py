"""The training loop of the starter network: readable in one sitting, resumable, with a time budget."""

from __future__ import annotations

import csv
import json
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from vbr_core.depth.estimator import load_starter_network
from vbr_core.depth.network import StarterConfig, StarterNetwork
from vbr_core.depth.registry import file_sha256
from vbr_core.train.depth.backbone import load_backbone
from vbr_core.train.depth.losses import agreement_loss, align, depth_loss
from vbr_core.train.depth.scenes import Assets, Pairs, load_assets, make_batch, make_pairs

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a run. Stored beside its checkpoint.

    Attributes:
        rgbd: Folder of rendered pairs.
        backgrounds: Folder of photographs.
        cutouts: Folder of cut-outs with alpha.
        backbone: Published ImageNet weights of the backbone; empty if ``start`` is given.
        start: Weights of an earlier run (safetensors) to go on from; empty for none.
        out: Run folder: checkpoint.pt, log.csv, config.json.
        meshes: Folder of meshes (:mod:`vbr_core.train.depth.meshes`); empty for none.
        labelled: Folder of labelled photographs (:mod:`vbr_core.train.depth.label`); empty for none.
        minutes: Stop after this time.
        steps: Steps that the learning rate's cosine is laid over.
        batch: Single pictures a step.
        pairs: Worlds seen twice a step.
        agreement: Weight of the agreement between two views.
        sizes: Input sizes (h, w) that steps draw from.
        rate: Largest learning rate of the head.
        backbone_share: Of that rate, at which the backbone learns.
        ema: Decay of the averaged weights, which are the ones exported.
        validate_every: Steps between validations and checkpoints.
        seed: Of data and initial weights.
    """

    rgbd: str
    backgrounds: str
    cutouts: str
    backbone: str
    out: str
    start: str = ""
    meshes: str = ""
    labelled: str = ""
    minutes: float = 60.0
    steps: int = 4000
    batch: int = 4
    pairs: int = 2
    agreement: float = 1.0
    sizes: tuple[tuple[int, int], ...] = ((192, 256), (160, 288), (224, 224))
    rate: float = 6e-4
    backbone_share: float = 0.33
    ema: float = 0.995
    validate_every: int = 100
    seed: int = 1


def learning_rate(step: int, config: TrainConfig) -> float:
    """Linear warm-up over 50 steps, then a cosine down to 3 % at ``config.steps``."""
    warm = min(1.0, (step + 1) / 50)
    place = min(1.0, step / config.steps)
    return config.rate * warm * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * place)))


def pair_accuracy(prediction: torch.Tensor, target: torch.Tensor, generator: torch.Generator) -> float:
    """Share of random pixel pairs, more than 0.1 apart in the target, that the prediction orders alike."""
    p, t = prediction.flatten(1), target.flatten(1)
    first = torch.randint(0, p.shape[1], (p.shape[0], 4000), generator=generator)
    second = torch.randint(0, p.shape[1], (p.shape[0], 4000), generator=generator)
    dt = t.gather(1, first) - t.gather(1, second)
    dp = p.gather(1, first) - p.gather(1, second)
    counted = dt.abs() > 0.1
    return float(((dt * dp > 0) & counted).sum() / counted.sum().clamp_min(1))


class Trainer:
    """Network, optimiser, averaged weights, and where the run stands."""

    def __init__(self, config: TrainConfig, network: StarterConfig | None = None) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.network = StarterNetwork(network)
        if config.start:
            self.network.load_state_dict(load_starter_network(Path(config.start)).state_dict())
        elif config.backbone:
            load_backbone(self.network, config.backbone)
        self.network.to(memory_format=torch.channels_last)  # a third faster on the CPU
        self.average = {name: value.clone() for name, value in self.network.state_dict().items()}
        backbone = list(self.network.backbone.parameters())
        chosen = {id(parameter) for parameter in backbone}
        head = [parameter for parameter in self.network.parameters() if id(parameter) not in chosen]
        self.optimiser = torch.optim.AdamW(
            [{"params": head, "factor": 1.0}, {"params": backbone, "factor": config.backbone_share}],
            lr=config.rate,
            weight_decay=0.01,
        )
        self.step = 0

    def train_step(self, pictures: torch.Tensor, target: torch.Tensor, pairs: Pairs | None = None) -> float:
        """One step on pictures (B, 3, h, w) and disparity (B, h, w), and on pairs of views; returns the loss."""
        self.network.train()
        self.network.backbone.eval()  # batch norm keeps its ImageNet statistics: batches here are small and synthetic
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, self.config) * group["factor"]
        if pairs is not None:
            pictures = torch.cat([torch.from_numpy(pairs.pictures), pictures])
            target = torch.cat([torch.from_numpy(pairs.target), target])
        result = self.network(pictures.contiguous(memory_format=torch.channels_last))
        loss = depth_loss(result, _half(target))
        if pairs is not None:
            count = len(pairs.grid)
            grid = _half(torch.from_numpy(pairs.grid).movedim(-1, 1).flatten(0, 1))
            grid = grid.reshape(count, 2, *grid.shape[1:]).movedim(1, -1)
            seen = (_half(torch.from_numpy(pairs.seen)) == 1.0).float()
            views = result[:count], result[count : 2 * count]
            loss = loss + self.config.agreement * agreement_loss(*views, grid, seen)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        decay = min(self.config.ema, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.dtype.is_floating_point:
                    self.average[name].lerp_(value, 1.0 - decay)
                else:
                    self.average[name].copy_(value)
        return float(loss.detach())

    def averaged(self) -> StarterNetwork:
        """A copy of the network with the averaged weights, for evaluation."""
        network = StarterNetwork(self.network.config)
        network.load_state_dict(self.average)
        return network.eval()

    def save(self, path: Path) -> None:
        """Write a checkpoint by way of a temporary file."""
        temporary = path.with_suffix(".tmp")
        state = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "config": json.dumps(self.network.config.as_dict()),
        }
        torch.save(state, temporary)
        temporary.replace(path)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]


def _half(maps: torch.Tensor) -> torch.Tensor:
    """(B, h, w) at half the size."""
    return F.interpolate(maps[:, None], scale_factor=0.5, mode="area")[:, 0]


def validate(network: StarterNetwork, assets: Assets, size: tuple[int, int]) -> tuple[float, float]:
    """Mean aligned error and pair order on held-out scenes, the same ones every time."""
    error, order, count = 0.0, 0.0, 6
    generator = torch.Generator().manual_seed(0)
    for number in range(count):
        pictures, target = make_batch(10_000_000 + number, assets, 8, size)
        truth = _half(torch.from_numpy(target))
        with torch.no_grad():
            out = network(torch.from_numpy(pictures))
        error += float((align(out, truth) - truth).abs().mean()) / count
        order += pair_accuracy(out, truth, generator) / count
    return error, order


def train(config: TrainConfig) -> Trainer:
    """Train until the time budget or the number of steps is reached; continue from the run folder's checkpoint."""
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.json").write_text(json.dumps(asdict(config), indent=2, sort_keys=True) + "\n", "utf-8")
    folders = Path(config.rgbd), Path(config.backgrounds), Path(config.cutouts)
    meshes, labelled = (Path(folder) if folder else None for folder in (config.meshes, config.labelled))
    assets, held_out = (load_assets(*folders, split, meshes, labelled) for split in (False, True))
    log.info(
        "%d pairs, %d photographs, %d cut-outs, %d meshes, %d labelled; validation %d, %d, %d, %d, %d",
        *(len(kind) for split in (assets, held_out) for kind in split.parts),
    )
    trainer = Trainer(config)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
        log.info("continuing at step %d", trainer.step)
    deadline = time.monotonic() + config.minutes * 60
    started, smoothed = time.monotonic(), 0.0

    def batch(step: int) -> tuple[torch.Tensor, torch.Tensor, Pairs | None]:
        size, seed = config.sizes[step % len(config.sizes)], config.seed * 1_000_003 + step
        pictures, target = make_batch(seed, assets, config.batch, size)
        pairs = make_pairs(seed, assets, config.pairs, size) if config.pairs else None
        return torch.from_numpy(pictures), torch.from_numpy(target), pairs

    with ThreadPoolExecutor(1) as pool, (out / "log.csv").open("a", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        upcoming = pool.submit(batch, trainer.step)
        while trainer.step < config.steps and time.monotonic() < deadline:
            drawn = upcoming.result()
            upcoming = pool.submit(batch, trainer.step + 1)
            loss = trainer.train_step(*drawn)
            smoothed = loss if smoothed == 0.0 else 0.97 * smoothed + 0.03 * loss
            if trainer.step % 20 == 0:
                log.info("step %d loss %.4f, %.1f s", trainer.step, smoothed, time.monotonic() - started)
            if trainer.step % config.validate_every == 0:
                error, order = validate(trainer.averaged(), held_out, config.sizes[0])
                rows.writerow([trainer.step, f"{smoothed:.5f}", f"{error:.5f}", f"{order:.5f}"])
                file.flush()
                log.info("step %d validation: error %.4f, pair order %.4f", trainer.step, error, order)
                trainer.save(checkpoint)
    trainer.save(checkpoint)
    return trainer


def export(checkpoint: Path, target: Path, note: str = "", start: Path | None = None, share: float = 1.0) -> None:
    """Write a checkpoint's averaged weights as float16 safetensors; ``models.json`` beside them gets their hash.

    Args:
        checkpoint: Of a run.
        target: File to write; ``start`` may be the same.
        note: For the file's header.
        start: Weights that the run went on from, to be mixed in: what was learnt before is forgotten less (Wortsman et
            al. 2022, Robust fine-tuning of zero-shot models).
        share: Of the run's own weights in the mixture.
    """
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    if start is not None:
        for name, value in load_starter_network(start).state_dict().items():
            if value.dtype.is_floating_point:
                state["average"][name] = torch.lerp(value, state["average"][name], share)
    tensors = {
        name: (value.half() if value.dtype.is_floating_point else value).contiguous()
        for name, value in state["average"].items()
        if not name.endswith("num_batches_tracked")
    }
    metadata = {"format": "vbr-starter", "version": "1", "config": state["config"], "step": str(state["step"])}
    save_file(tensors, target, metadata | ({"note": note} if note else {}))
    listing = target.with_name("models.json")
    if listing.is_file():
        entries = json.loads(listing.read_text("utf-8"))
        for entry in entries:
            if entry["file"] == target.name:
                entry |= {"size_bytes": target.stat().st_size, "sha256": file_sha256(target)}
        listing.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", "utf-8")
