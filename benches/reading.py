#!/usr/bin/env python3
"""Files from the disk to a volume beside nibabel, SciPy, pydicom, SimpleITK, MONAI and TorchIO.

    python3 -m venv venv && venv/bin/pip install nibabel pydicom pylibjpeg[all] simpleitk scipy torchio monai
    venv/bin/python benches/reading.py            # prints the table of docs/benchmarks.md

Writes a CT volume of 120x256x256 voxels (int16, 2.5x0.8x0.8 mm) as NIfTI and as DICOM series of several transfer syntaxes, gives both sides
the same files (in the page cache) and compares the means of what they read. Ours runs just before its peers; the median of several runs
counts. `--bench PROGRAM` takes a built benchmark in place of `cargo bench`.
"""

import argparse
import os
import platform
import tempfile
import warnings
from pathlib import Path

import monai
import monai.transforms as mt
import nibabel
import numpy as np
import pydicom
import scipy
import scipy.ndimage as ndi
import SimpleITK as sitk
import torch
import torchio as tio
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless, generate_uid
from side_by_side import median_ms, ours

SPACING = (2.5, 0.8, 0.8)
SIZE = (120, 256, 256)


def anatomy():
    """Smooth Hounsfield numbers with a scanner's noise, so that they pack as a real volume does."""
    rng = np.random.default_rng(2015)
    smooth = ndi.gaussian_filter(rng.random(SIZE, np.float32), 4)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    return (1200 * smooth - 1000 + rng.normal(0, 12, SIZE)).astype(np.int16)


def write_nifti(volume, path):
    affine = np.diag([-SPACING[2], -SPACING[1], SPACING[0], 1])
    nibabel.save(nibabel.Nifti1Image(volume.transpose(2, 1, 0), affine), path)


def write_series(volume, folder, syntax):
    """One file a slice, named in another order than they lie in."""
    folder.mkdir()
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    for z, plane in enumerate(volume):
        data = pydicom.Dataset()
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = pydicom.uid.CTImageStorage
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
        data.SeriesInstanceUID, data.StudyInstanceUID, data.FrameOfReferenceUID = series, study, frame
        data.Modality, data.InstanceNumber = "CT", z + 1
        data.ImagePositionPatient = [0, 0, z * SPACING[0]]
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.PixelSpacing, data.SliceThickness = list(SPACING[1:]), 3
        data.Rows, data.Columns = plane.shape
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
        data.RescaleSlope, data.RescaleIntercept = 1, -1024
        data.PixelData = (plane.astype(np.int32) + 1024).clip(0).astype(np.uint16).tobytes()
        data["PixelData"].VR = "OW"
        if syntax != ExplicitVRLittleEndian:
            data.compress(syntax, generate_instance_uid=False)
        data.save_as(folder / f"{(z * 37) % 1000:03}.dcm", enforce_file_format=True)


def by_pydicom(folder):
    def run():
        files = sorted((pydicom.dcmread(path) for path in folder.iterdir()), key=lambda file: float(file.ImagePositionPatient[2]))
        return np.stack([f.pixel_array * np.float32(f.RescaleSlope) + np.float32(f.RescaleIntercept) for f in files])

    return run


def by_sitk(folder):
    def run():
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
        return sitk.GetArrayFromImage(reader.Execute()).astype(np.float32)

    return run


def by_nibabel(path):
    return lambda: nibabel.load(path).get_fdata(dtype=np.float32, caching="unchanged")


def nibabel_scipy(path):
    def run():
        image = nibabel.load(path)
        factors = image.header.get_zooms()
        return ndi.zoom(image.get_fdata(dtype=np.float32, caching="unchanged"), factors, order=1, mode="nearest", grid_mode=True)

    return run


def sitk_read(path):
    return lambda: sitk.GetArrayFromImage(sitk.ReadImage(str(path), sitk.sitkFloat32))


def sitk_resample(path):
    def run():
        image = sitk.ReadImage(str(path), sitk.sitkFloat32)
        size = [int(n * s + 0.5) for n, s in zip(image.GetSize(), image.GetSpacing())]
        shift = [0.5 - 0.5 * s for s in image.GetSpacing()]
        turned = np.array(image.GetDirection()).reshape(3, 3) @ shift
        origin = [o + t for o, t in zip(image.GetOrigin(), turned)]
        out = sitk.Resample(image, size, sitk.Transform(), sitk.sitkLinear, origin, [1.0] * 3, image.GetDirection(), 0.0, sitk.sitkFloat32)
        return sitk.GetArrayFromImage(out)

    return run


def monai_chain(path, *steps):
    chain = mt.Compose([mt.LoadImage(image_only=True, ensure_channel_first=True), *steps])
    return lambda: np.asarray(chain(path))


def tio_chain(path, step):
    return lambda: step(tio.ScalarImage(path)).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", help="a built benchmark program")
    parser.add_argument("--runs", type=int, default=7, help="runs of each peer (default 7)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(os.cpu_count())
    print(
        f"{os.cpu_count()} cores ({platform.machine()}), load {os.getloadavg()[0]:.1f}; nibabel {nibabel.__version__}, "
        f"SciPy {scipy.__version__}, pydicom {pydicom.__version__}, SimpleITK {sitk.Version_VersionString()}, MONAI {monai.__version__}, "
        f"TorchIO {tio.__version__}\n"
    )
    print("| work | U-Net Lab | peer | | times as fast |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder, volume = Path(name), anatomy()
        packed, plain = folder / "ct.nii.gz", folder / "ct.nii"
        write_nifti(volume, packed)
        write_nifti(volume, plain)
        series = {"plain": ExplicitVRLittleEndian, "RLE": RLELossless, "JPEG 2000": JPEG2000Lossless}
        for kind, syntax in series.items():
            write_series(volume, folder / kind, syntax)
        spacing = mt.Spacing(pixdim=(1.0,) * 3, mode="bilinear", align_corners=False)
        works = []
        for path in (plain, packed):
            peers = [("nibabel", by_nibabel(path)), ("SimpleITK", sitk_read(path)), ("MONAI", monai_chain(path)), ("TorchIO", tio_chain(path, lambda x: x))]
            works.append((f"read {path.name}", "read", path, peers, 1e-3))
        peers = [
            ("nibabel, SciPy", nibabel_scipy(packed)),
            ("SimpleITK", sitk_resample(packed)),
            ("MONAI", monai_chain(packed, spacing)),
            ("TorchIO", tio_chain(packed, tio.Resample(1.0))),
        ]
        # Resampling takes each peer's own sides and edges: means differ by some tenths of a Hounsfield unit.
        works.append(("read ct.nii.gz and resample to 1 mm", "resample", packed, peers, 1.0))
        for kind in series:
            peers = [("pydicom", by_pydicom(folder / kind)), ("SimpleITK", by_sitk(folder / kind))]
            works.append((f"DICOM series, 120 slices, {kind}", "series", folder / kind, peers, 1e-2))
        for title, work, path, peers, tolerance in works:
            mine = ours("read", options.bench, work, path)[0]
            for peer, run in peers:
                theirs, result = median_ms(run, options.runs)
                mean = float(np.mean(result, dtype=np.float64))
                assert abs(mean - mine["check"]) < tolerance, f"{title}: {peer} has the mean {mean}, ours is {mine['check']}"
                print(f"| {title} | {mine['ms']:.1f} ms | {theirs:.1f} ms | {peer} | {theirs / mine['ms']:.1f} |", flush=True)


if __name__ == "__main__":
    main()
