"""The metrics against torchmetrics (where it is installed), against slow formulas, and by hand."""

import numpy as np
import pytest

from vbr_core.errors import InputError
from vbr_core.train import metrics


@pytest.fixture
def clips():
    """Truth, a spoiled copy, and a band: (3, 24, 30)."""
    rng = np.random.default_rng(1)
    truth = rng.random((3, 24, 30, 3), np.float32)
    truth[:, :, :12] = truth[:, :1, :1]  # flat parts as well
    result = np.clip(0.8 * truth + 0.1 + 0.05 * rng.standard_normal(truth.shape), 0, 1).astype(np.float32)
    band = np.zeros((3, 24, 30), bool)
    band[:, 8:, 10:28] = rng.random((3, 16, 18)) < 0.7
    return result, truth, band


def slow_ssim_map(x, y):
    """Wang et al. 2004 (eq. 13), window by window: (H, W), mean of the channels."""
    place = np.arange(11) - 5
    window = np.exp(-(place[:, None] ** 2 + place[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    height, width = x.shape[:2]
    x, y = (np.pad(image, ((5, 5), (5, 5), (0, 0)), mode="reflect") for image in (x, y))
    out = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            for channel in range(3):
                a = x[row : row + 11, column : column + 11, channel].astype(float)
                b = y[row : row + 11, column : column + 11, channel].astype(float)
                ma, mb = (window * a).sum(), (window * b).sum()
                va, vb = (window * (a - ma) ** 2).sum(), (window * (b - mb) ** 2).sum()
                cov = (window * (a - ma) * (b - mb)).sum()
                out[row, column] += (
                    (2 * ma * mb + 1e-4) * (2 * cov + 9e-4) / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4)) / 3
                )
    return out


def test_ssim_is_the_formula(clips):
    result, truth, band = clips
    maps = [slow_ssim_map(a, b) for a, b in zip(result, truth, strict=True)]
    assert metrics.ssim(result, truth) == pytest.approx(np.mean([m.mean() for m in maps]), abs=1e-9)
    inside = [m[b].mean() for m, b in zip(maps, band, strict=True)]
    assert metrics.ssim_ob(result, truth, band) == pytest.approx(np.mean(inside), abs=1e-9)


def test_psnr_is_the_formula(clips):
    result, truth, band = clips
    frames = [10 * np.log10(1 / np.mean((a.astype(float) - b) ** 2)) for a, b in zip(result, truth, strict=True)]
    assert metrics.psnr(result, truth) == pytest.approx(np.mean(frames), abs=1e-9)
    frames = []
    for t in range(3):
        errors = [
            (float(result[t, y, x, c]) - float(truth[t, y, x, c])) ** 2
            for y, x in zip(*np.nonzero(band[t]), strict=True)
            for c in range(3)
        ]
        frames.append(-10 * np.log10(np.mean(errors)))
    assert metrics.psnr_ob(result, truth, band) == pytest.approx(np.mean(frames), abs=1e-9)


def test_psnr_and_ssim_equal_those_of_torchmetrics(clips):
    functional = pytest.importorskip("torchmetrics.functional.image")
    import torch

    result, truth, band = clips
    # frames as a batch: (T, H, W, 3) -> (T, 3, H, W)
    x, y = (torch.from_numpy(clip).double().permute(0, 3, 1, 2) for clip in (result, truth))
    # versions before 1.9 leave the margin out of the mean, so the mean of the map is compared
    _, theirs = functional.structural_similarity_index_measure(x, y, data_range=1.0, return_full_image=True)
    assert metrics.ssim(result, truth) == pytest.approx(float(theirs.mean()), abs=1e-7)
    inside = [map_[:, where].mean() for map_, where in zip(theirs.numpy(), band, strict=True)]
    assert metrics.ssim_ob(result, truth, band) == pytest.approx(np.mean(inside), abs=1e-7)
    theirs = functional.peak_signal_noise_ratio(x, y, data_range=1.0, reduction="elementwise_mean", dim=(1, 2, 3))
    assert metrics.psnr(result, truth) == pytest.approx(float(theirs), abs=1e-5)  # its constants are float32


def test_a_band_that_is_everywhere_changes_nothing(clips):
    result, truth, band = clips
    everywhere = np.ones_like(band)
    assert metrics.psnr_ob(result, truth, everywhere) == pytest.approx(metrics.psnr(result, truth))
    assert metrics.ssim_ob(result, truth, everywhere) == pytest.approx(metrics.ssim(result, truth))


def test_errors_outside_the_band_do_not_count(clips):
    _, truth, _ = clips
    result = truth.copy()
    result[:, :4] = 1 - result[:, :4]
    band = np.zeros(truth.shape[:3], bool)
    band[:, 15:, :] = True  # further away than the window is wide
    assert metrics.psnr_ob(result, truth, band) == metrics.MOST_PSNR_DB
    assert metrics.ssim_ob(result, truth, band) == pytest.approx(1.0)
    assert metrics.psnr(result, truth) < 20


def test_identical_clips(clips):
    _, truth, band = clips
    scores = metrics.score(truth, truth, band)
    assert (scores.psnr, scores.psnr_ob, scores.consistency) == (100.0, 100.0, 0.0)
    assert (scores.ssim, scores.ssim_ob) == (pytest.approx(1.0), pytest.approx(1.0))


def test_score_holds_the_same_numbers(clips):
    result, truth, band = clips
    assert metrics.score(result, truth, band) == metrics.Scores(
        metrics.psnr(result, truth),
        metrics.ssim(result, truth),
        metrics.psnr_ob(result, truth, band),
        metrics.ssim_ob(result, truth, band),
        metrics.consistency(result, truth),
    )


def test_consistency_by_hand():
    truth = np.zeros((3, 11, 11, 3), np.float32)
    result = np.zeros_like(truth)
    result[1, :, :, 0] = 0.3  # changes by 0.3 and by -0.3 in one of three channels where the truth does not change
    assert metrics.consistency(result, truth) == pytest.approx(0.1 * 255, rel=1e-5)
    truth[1:] = 0.5  # a change of both is none
    assert metrics.consistency(result + truth, truth) == pytest.approx(0.1 * 255, rel=1e-5)
    result[1:, :, :, 0] = 0.3  # changes once in two steps
    assert metrics.consistency(result + truth, truth) == pytest.approx(0.05 * 255, rel=1e-5)


def test_a_flickering_clip_is_worse_than_a_steady_one_of_the_same_psnr(clips):
    _, truth, _ = clips
    truth = 0.25 + 0.5 * truth
    sign = np.array([1, -1, 1], np.float32)[:, None, None, None]
    steady, flickering = truth + np.float32(0.1), truth + np.float32(0.1) * sign
    assert metrics.psnr(steady, truth) == pytest.approx(metrics.psnr(flickering, truth), abs=1e-4)
    assert metrics.consistency(steady, truth) < 1e-4
    assert metrics.consistency(flickering, truth) == pytest.approx(0.2 * 255, rel=1e-4)


def test_what_cannot_be_measured_is_nan(clips):
    result, truth, band = clips
    none = np.zeros_like(band)
    assert np.isnan(metrics.psnr_ob(result, truth, none))
    assert np.isnan(metrics.ssim_ob(result, truth, none))
    assert np.isnan(metrics.consistency(result[:1], truth[:1]))
    band[1:] = False  # only the first frame has a band
    assert metrics.psnr_ob(result, truth, band) == metrics.psnr_ob(result[:1], truth[:1], band[:1])


def test_wrong_shapes_are_refused(clips):
    result, truth, band = clips
    with pytest.raises(InputError, match="shapes"):
        metrics.psnr(result, truth[:2])
    with pytest.raises(InputError, match="band"):
        metrics.ssim_ob(result, truth, band[:, :5])
    with pytest.raises(InputError, match="11 pixels"):
        metrics.ssim(result[:, :8], truth[:, :8])
