#!/usr/bin/env python3
"""Transforms, patch sampling and the loading pipeline beside TorchIO, MONAI, SciPy, SimpleITK and scikit-image.

    python3 -m venv venv && venv/bin/pip install torchio monai scipy scikit-image simpleitk
    venv/bin/python benches/transforms.py            # prints the table of docs/benchmarks.md

Both sides get the same inputs, one work after the other, ours just before its peers; the median of several runs counts. Where both
compute the same thing the results are compared. `--bench PROGRAM` takes a built benchmark in place of `cargo bench`.
"""

import argparse
import os
import platform
import tempfile
import warnings
from pathlib import Path

import monai
import monai.transforms as mt
import numpy as np
import scipy.ndimage as ndi
import SimpleITK as sitk
import skimage
import torch
import torchio as tio
from PIL import Image
from side_by_side import median_ms, ours
from skimage import exposure

SPACING = (2.5, 0.8, 0.8)


def inputs(folder):
    """A smooth volume, an image and a cube with noise, values from 0 to 1, and 32 PNG pairs."""
    rng = np.random.default_rng(2015)

    def field(shape, sigma):
        smooth = ndi.gaussian_filter(rng.random(shape, np.float32), sigma)
        smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
        return np.clip(0.9 * smooth + 0.1 * rng.random(shape, np.float32), 0, 1).astype(np.float32)

    arrays = {"volume": field((100, 160, 160), 3), "image": field((512, 512), 6), "cube": field((128, 128, 128), 4)}
    for name, array in arrays.items():
        (folder / f"{name}.f32").write_bytes(array.tobytes())
    for kind in ("images", "masks"):
        (folder / kind).mkdir()
    for i in range(32):
        image = field((512, 512), 6)
        Image.fromarray((image * 255).astype(np.uint8)).save(folder / "images" / f"{i:02}.png")
        Image.fromarray(((image > 0.6) * 255).astype(np.uint8)).save(folder / "masks" / f"{i:02}.png")
    return arrays


def itk(array, spacing):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing[::-1])
    return image


def sitk_resample(array, by):
    image = itk(array, SPACING)
    size = [int(n * s + 0.5) for n, s in zip(image.GetSize(), image.GetSpacing())]
    origin = [0.5 - 0.5 * s for s in image.GetSpacing()]
    return lambda: sitk.Resample(image, size, sitk.Transform(), by, origin, [1.0] * 3, image.GetDirection(), 0.0, sitk.sitkFloat32)


def tio_subject(array):
    array = array if array.ndim == 3 else array[None]
    affine = np.eye(4)
    return tio.Subject(
        image=tio.ScalarImage(tensor=torch.from_numpy(array)[None], affine=affine),
        label=tio.LabelMap(tensor=(torch.from_numpy(array)[None] > 0.7).to(torch.uint8), affine=affine),
    )


def scipy_elastic(array, sigma):
    """The U-Net paper's recipe in SciPy: a coarse grid, cubic splines, one interpolation of the image and one of the labels."""
    rng, labels, grid = np.random.default_rng(1), (array > 0.7).astype(np.uint8), np.indices(array.shape, np.float32)

    def run():
        coarse = rng.normal(0, sigma, (array.ndim,) + (3,) * array.ndim)
        at = [g * (2 / (n - 1)) for g, n in zip(grid, array.shape)]
        places = [g + ndi.map_coordinates(c, at, order=3, mode="mirror", output=np.float32) for g, c in zip(grid, coarse)]
        image = ndi.map_coordinates(array[::-1], places, order=1, mode="mirror")
        label = ndi.map_coordinates(labels[::-1], places, order=0, mode="mirror")
        return image ** rng.uniform(0.7, 1.5), label

    return run


def monai_steps(dims, sigma, keys=("image", "label")):
    elastic = mt.Rand2DElasticd if dims == 2 else mt.Rand3DElasticd
    shape = {"spacing": (256, 256), "magnitude_range": (sigma, sigma)} if dims == 2 else {"sigma_range": (20, 20), "magnitude_range": (800, 800)}
    return [
        mt.RandFlipd(keys, prob=0.5, spatial_axis=0),
        mt.RandFlipd(keys, prob=0.5, spatial_axis=1),
        elastic(keys, prob=1.0, mode=("bilinear", "nearest"), padding_mode="reflection", **shape),
        mt.RandAdjustContrastd(keys[:1], prob=1.0, gamma=(0.7, 1.5)),
    ]


def monai_augment(array, sigma):
    chain = mt.Compose(monai_steps(array.ndim, sigma))
    data = {"image": torch.from_numpy(array)[None], "label": (torch.from_numpy(array)[None] > 0.7).float()}
    return lambda: chain(dict(data))


def tio_augment(array, sigma):
    chain = tio.Compose([
        tio.RandomFlip(axes=(0, 1, 2) if array.ndim == 3 else (1, 2), flip_probability=0.5),
        tio.RandomElasticDeformation(num_control_points=7, max_displacement=sigma if array.ndim == 3 else (0, sigma, sigma), locked_borders=2),
        tio.RandomGamma(log_gamma=(-0.35, 0.4)),
    ])
    subject = tio_subject(array)
    return lambda: chain(subject)


def monai_patches(cube):
    crop = mt.RandCropByPosNegLabeld(["image", "label"], "label", (96,) * 3, pos=1, neg=1, num_samples=20)
    data = {"image": torch.from_numpy(cube)[None], "label": (torch.from_numpy(cube)[None] > 0.7).to(torch.uint8)}
    return lambda: [{k: v.clone() for k, v in patch.items()} for patch in crop(dict(data))]


def tio_patches(cube):
    subject, sampler = tio_subject(cube), tio.LabelSampler(96, "label", label_probabilities={0: 1, 1: 1})

    def run():
        for _, patch in zip(range(20), sampler(subject)):
            patch["image"].data.sum

    return run


def monai_pipeline(folder, cached):
    """Milliseconds an image, with two worker processes that live on between epochs."""
    files = [{"image": str(p), "label": str(folder / "masks" / p.name)} for p in sorted((folder / "images").iterdir())]
    load = [
        mt.LoadImaged(["image", "label"], ensure_channel_first=True),
        mt.ScaleIntensityd(["image", "label"]),
        mt.EnsureTyped(["image", "label"], dtype=torch.float32),
    ]
    steps = monai_steps(2, 10) + [mt.NormalizeIntensityd("image")]
    if cached:
        data = monai.data.CacheDataset(files, mt.Compose(load + steps), progress=False)
    else:
        data = monai.data.Dataset(files, mt.Compose(load + steps))
    loader = torch.utils.data.DataLoader(data, batch_size=1, shuffle=True, num_workers=2, persistent_workers=True)
    for _ in loader:
        pass

    def run():
        count = sum(1 for _ in loader)
        assert count == len(files)

    return run, len(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", help="a built benchmark program")
    parser.add_argument("--runs", type=int, default=7, help="runs of each peer (default 7)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(os.cpu_count())
    print(
        f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}; TorchIO {tio.__version__}, MONAI {monai.__version__}, "
        f"SciPy {ndi.__name__.split('.')[0]} {__import__('scipy').__version__}, SimpleITK {sitk.Version_VersionString()}, "
        f"scikit-image {skimage.__version__}, PyTorch {torch.__version__}\n"
    )
    print("| work | U-Net Lab | peer | | times as fast |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arrays = inputs(folder)
        volume, image, cube = arrays["volume"], arrays["image"], arrays["cube"]
        factors = (2.5, 0.8, 0.8)
        grid = tio.Resample(1.0)
        as_tio = tio.ScalarImage(tensor=torch.from_numpy(volume)[None], affine=np.diag(SPACING + (1,)))
        spacing = mt.Spacing(pixdim=(1.0,) * 3, mode="bilinear", align_corners=False)
        as_monai = monai.data.MetaTensor(torch.from_numpy(volume)[None], affine=torch.diag(torch.tensor(SPACING + (1,))))
        linear, spline = sitk_resample(volume, sitk.sitkLinear), sitk_resample(volume, sitk.sitkBSpline)
        zoom = lambda order: lambda: ndi.zoom(volume, factors, order=order, mode="nearest", grid_mode=True)
        means = {
            "resample linear": sitk.GetArrayFromImage(linear()).mean(dtype=np.float64),
            "clahe 512x512": exposure.equalize_adapthist(image).mean(),
        }
        works = {
            "resample linear": [("SimpleITK", linear), ("SciPy", zoom(1)), ("TorchIO", lambda: grid(as_tio)), ("MONAI", lambda: spacing(as_monai))],
            "resample cubic": [("SimpleITK", spline), ("SciPy", zoom(3))],
            "augment 512x512": [("MONAI", monai_augment(image, 10)), ("TorchIO", tio_augment(image, 10)), ("SciPy", scipy_elastic(image, 10))],
            "augment 128^3": [("MONAI", monai_augment(cube, 5)), ("TorchIO", tio_augment(cube, 5)), ("SciPy", scipy_elastic(cube, 5))],
            "clahe 512x512": [("scikit-image", lambda: exposure.equalize_adapthist(image))],
            "patches 96^3": [("MONAI", monai_patches(cube)), ("TorchIO", tio_patches(cube))],
        }
        for work, peers in works.items():
            mine = ours("transform", options.bench, work, folder)[0]
            if work in means:
                assert abs(mine["check"] - means[work]) < 1e-4, f"{work}: {mine['check']}, the peer's mean is {means[work]}"
            for peer, run in peers:
                theirs, _ = median_ms(run, options.runs)
                print(f"| {work} | {mine['ms']:.2f} ms | {theirs:.2f} ms | {peer} | {theirs / mine['ms']:.1f} |", flush=True)
        for mine, cached in zip(ours("transform", options.bench, "pipeline", folder), (False, True)):
            torch.set_num_threads(1)
            run, count = monai_pipeline(folder, cached)
            theirs = median_ms(run, 3)[0] / count
            print(
                f"| {mine['work']}, 2 workers | {1e3 / mine['ms']:.0f} images/s | {1e3 / theirs:.0f} images/s | MONAI, PyTorch DataLoader "
                f"| {theirs / mine['ms']:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
