#!/usr/bin/env python3
"""Distances, components, holes, openings and surface metrics beside SciPy's, scikit-image's and MONAI's.

    python3 -m venv venv && venv/bin/pip install monai scipy scikit-image
    venv/bin/python benches/geometry.py            # prints the table of docs/benchmarks.md

Both sides get the same two masks of a size, one side after the other, and the median of several runs counts.
`--bench PROGRAM` takes a built benchmark in place of `cargo bench --bench geometry`.
"""

import argparse
import os
import platform
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import monai
import numpy as np
import scipy
import scipy.ndimage as ndi
import skimage
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance
from skimage.feature import peak_local_max
from skimage.segmentation import watershed

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"512x512": (512, 512), "128^3": (128, 128, 128)}


def masks(shape, seed):
    """Overlapping balls with hollows, and the same drawn a little differently, as a prediction would be."""
    rng = np.random.default_rng(seed)
    grid = np.indices(shape, np.float32)
    truth, prediction = np.zeros(shape, bool), np.zeros(shape, bool)
    side = shape[0]
    for number in range(25):
        centre, radius = rng.uniform(0, side, len(shape)), rng.uniform(side / 16, side / 6)
        squares = sum((g - c) ** 2 for g, c in zip(grid, centre))
        moved = centre + rng.normal(0, side / 100, len(shape))
        moved_squares = sum((g - c) ** 2 for g, c in zip(grid, moved))
        truth |= squares <= radius**2
        prediction |= moved_squares <= (radius * rng.uniform(0.9, 1.1)) ** 2
        if number % 3 == 0:
            truth &= squares > (radius / 4) ** 2
    return truth, prediction


def split(mask):
    """The recipe of scikit-image for touching objects."""
    distance = ndi.distance_transform_edt(mask)
    places = peak_local_max(distance, min_distance=5, exclude_border=False, labels=mask.astype(int))
    peaks = np.zeros(mask.shape, bool)
    peaks[tuple(places.T)] = True
    return watershed(-distance, ndi.label(peaks)[0], mask=mask).max()


def peers(truth, prediction):
    """For each work the peer's name and what it runs, giving the number that both sides must agree on."""
    pair = [torch.from_numpy(mask.astype(np.float32))[None, None] for mask in (prediction, truth)]
    same = {"include_background": True, "spacing": [1.0] * truth.ndim}
    middle = truth.size // 2
    return {
        "HD95": ("MONAI", lambda: compute_hausdorff_distance(*pair, percentile=95, **same).item()),
        "ASSD": ("MONAI", lambda: compute_average_surface_distance(*pair, symmetric=True, **same).item()),
        "components": ("SciPy", lambda: ndi.label(truth)[1]),
        "distance map": ("SciPy", lambda: ndi.distance_transform_edt(truth).ravel()[middle]),
        "fill holes": ("SciPy", lambda: ndi.binary_fill_holes(truth).ravel()[0]),
        "opening": ("SciPy", lambda: ndi.binary_opening(truth).ravel()[0]),
        "watershed split": ("scikit-image", lambda: split(truth)),
    }


def median_ms(run, runs):
    result, times = run(), []
    for _ in range(runs):
        start = time.perf_counter()
        result = run()
        times.append((time.perf_counter() - start) * 1e3)
    return sorted(times)[runs // 2], float(result)


def ours(arguments, bench):
    command = [bench] if bench else ["cargo", "bench", "--quiet", "--bench", "geometry", "--"]
    output = subprocess.run(command + arguments, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in output.splitlines() if line.count("\t") == 3]
    return {(size, work): (float(ms), float(result)) for size, work, ms, result in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", help="a built benchmark program")
    parser.add_argument("--runs", type=int, default=7, help="runs of each peer (default 7)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    print(
        f"{os.cpu_count()} cores ({platform.machine()}), SciPy {scipy.__version__}, MONAI {monai.__version__}, "
        f"scikit-image {skimage.__version__}, PyTorch {torch.__version__}\n"
    )
    pairs = {name: masks(shape, 2015 + i) for i, (name, shape) in enumerate(SIZES.items())}
    with tempfile.TemporaryDirectory() as folder:
        arguments = []
        for name, (truth, prediction) in pairs.items():
            file = Path(folder) / f"{len(arguments)}.masks"
            file.write_bytes(truth.tobytes() + prediction.tobytes())
            arguments.append(",".join([name, *map(str, truth.shape), str(file)]))
        found = ours(arguments, options.bench)

    print("| size | work | U-Net Lab | peer | | times as fast |\n|---|---|---|---|---|---|")
    for name, pair in pairs.items():
        for work, (peer, run) in peers(*pair).items():
            theirs, expected = median_ms(run, options.runs)
            mine, result = found[name, work]
            assert abs(result - expected) < 1e-4, f"{work} of {name}: {result}, {peer} gives {expected}"
            print(f"| {name} | {work} | {mine:.2f} ms | {theirs:.2f} ms | {peer} | {theirs / mine:.1f} |")


if __name__ == "__main__":
    main()
