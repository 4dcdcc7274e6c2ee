"""How near a rendered clip is to the truth (paper, section 6.1): PSNR, SSIM, the same near object boundaries, flicker.

All functions take clips as (T, H, W, 3) float32, sRGB-encoded, 0..1, and the band around object boundaries as (T, H, W)
bool. A clip's PSNR is the mean over its frames of the frame's PSNR, and a set's is the mean over its clips of the
clip's; SSIM likewise. Frames without a band do not count in the band's metrics; a clip without any gives NaN there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PSNR_DB = 100.0
"""PSNR of identical pictures, which has no limit otherwise."""

SSIM_WINDOW, SSIM_SIGMA, SSIM_K1, SSIM_K2 = 11, 1.5, 0.01, 0.03


@dataclass(frozen=True)
class Scores:
    """Metrics of a clip, or their means over a set. NaN: could not be measured (no band, a single frame).

    Attributes:
        psnr: In dB.
        ssim: At most 1.
        psnr_ob: In dB, near object boundaries.
        ssim_ob: Near object boundaries.
        consistency: See :func:`consistency`; 0 is best.
    """

    psnr: float
    ssim: float
    psnr_ob: float
    ssim_ob: float
    consistency: float


def score(result: NDArray[np.float32], truth: NDArray[np.float32], band: NDArray[np.bool_]) -> Scores:
    """All metrics of a clip."""
    maps = _ssim_maps(result, truth)
    return Scores(
        psnr(result, truth),
        _mean_inside(maps, None),
        psnr_ob(result, truth, band),
        _mean_inside(maps, band),
        consistency(result, truth),
    )


def psnr(result: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Peak signal-to-noise ratio in dB: mean over the frames, each at most :data:`MOST_PSNR_DB`."""
    return psnr_ob(result, truth, np.ones(result.shape[:3], bool))


def psnr_ob(result: NDArray[np.float32], truth: NDArray[np.float32], band: NDArray[np.bool_]) -> float:
    """PSNR from the squared error of the band's pixels only: mean over the frames that have a band."""
    _check(result, truth, band)
    values = []
    for picture, wanted, inside in zip(result, truth, band, strict=True):
        if inside.any():
            error = float(np.mean(np.square(picture[inside].astype(np.float64) - wanted[inside])))
            values.append(MOST_PSNR_DB if error <= 10.0 ** (-MOST_PSNR_DB / 10.0) else -10.0 * np.log10(error))
    return float(np.mean(values)) if values else float("nan")


def ssim(result: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Structural similarity (Wang et al. 2004): mean over the frames.

    Gaussian window of 11 pixels with sigma 1.5, K1 = 0.01, K2 = 0.03, data range 1, each of R, G, B on its own, the
    picture mirrored at its borders: as ``structural_similarity_index_measure`` of torchmetrics 1.9.
    """
    return _mean_inside(_ssim_maps(result, truth), None)


def ssim_ob(result: NDArray[np.float32], truth: NDArray[np.float32], band: NDArray[np.bool_]) -> float:
    """Mean of the SSIM map over the band's pixels: mean over the frames that have a band."""
    _check(result, truth, band)
    return _mean_inside(_ssim_maps(result, truth), band)


def consistency(result: NDArray[np.float32], truth: NDArray[np.float32]) -> float:
    """Basic relation loss over the whole clip (paper, eq. 8 and 10): how far its changes in time are from the truth's.

    The mean over n of ``|(B[n+1] - B[n]) - (B*[n+1] - B*[n])|``. The paper does not state the scale of its L1 norm:
    here it is the mean over pixels and channels, in 8-bit units (times 255). NaN for a single frame.
    """
    _check(result, truth, None)
    if len(result) < 2:
        return float("nan")
    error = result.astype(np.float64) - truth
    return float(np.mean(np.abs(np.diff(error, axis=0)))) * 255.0


def _ssim_maps(result: NDArray[np.float32], truth: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """SSIM of every frame: (H, W), the mean of the three channels."""
    _check(result, truth, None)
    return [_ssim_map(picture, wanted) for picture, wanted in zip(result, truth, strict=True)]


def _ssim_map(picture: NDArray[np.float32], wanted: NDArray[np.float32]) -> NDArray[np.float64]:
    # float64: the variances are differences of nearly equal numbers
    x, y = picture.astype(np.float64), wanted.astype(np.float64)
    mean_x, mean_y = _window(x), _window(y)
    variance_x = np.maximum(_window(x * x) - mean_x**2, 0.0)
    variance_y = np.maximum(_window(y * y) - mean_y**2, 0.0)
    covariance = _window(x * y) - mean_x * mean_y
    c1, c2 = SSIM_K1**2, SSIM_K2**2
    similarity = ((2.0 * mean_x * mean_y + c1) * (2.0 * covariance + c2)) / (
        (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    )
    return np.asarray(similarity.mean(axis=-1))


def _window(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted mean in the Gaussian window around every pixel; the picture is mirrored (101) at its borders."""
    kernel = cv2.getGaussianKernel(SSIM_WINDOW, SSIM_SIGMA, cv2.CV_64F)
    return np.asarray(cv2.sepFilter2D(image, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REFLECT_101))


def _mean_inside(maps: list[NDArray[np.float64]], band: NDArray[np.bool_] | None) -> float:
    """Mean over the frames of the map's mean, over the band where there is one."""
    if band is None:
        return float(np.mean([similarity.mean() for similarity in maps]))
    values = [similarity[inside].mean() for similarity, inside in zip(maps, band, strict=True) if inside.any()]
    return float(np.mean(values)) if values else float("nan")


def _check(result: NDArray[np.float32], truth: NDArray[np.float32], band: NDArray[np.bool_] | None) -> None:
    if result.ndim != 4 or result.shape[-1] != 3 or result.shape != truth.shape:
        raise InputError(f"The clips have the shapes {result.shape} and {truth.shape}.", "Give two of (T, H, W, 3).")
    if min(result.shape[1:3]) < SSIM_WINDOW or len(result) == 0:
        raise InputError(f"The clip has the shape {result.shape}.", f"Give {SSIM_WINDOW} pixels or more each way.")
    if band is not None and band.shape != result.shape[:3]:
        raise InputError(f"The band has the shape {band.shape} for frames of {result.shape}.", "Give (T, H, W).")
