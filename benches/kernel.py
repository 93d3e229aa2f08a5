#!/usr/bin/env python3
"""The notebook runtime in figures, beside stock evcxr_jupyter in the same run.

    target/unet-lab/python/bin/python benches/kernel.py            # the lab's kernel
    target/unet-lab/python/bin/python benches/kernel.py --stock    # and stock evcxr_jupyter, if it is on the PATH

`cargo install evcxr_jupyter --version 0.22.0` gives the peer. Both kernels do the same work: load the lab, make a first
value, run twenty small cells, fail to compile one, train a small network for an epoch. Each runs once before it is measured: what stock
builds for its `:dep` and what the operating system reads from the disk for either is not counted.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import psutil

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "kernel"))
import lab_client  # noqa: E402

LOAD = f':dep unet_lab = {{ path = "{ROOT}" }}\nuse unet_lab::prelude::*;'
FIRST_VALUE = "let config = UNetConfig::new(1, 1).with_base_channels(8);\nconfig.channels_at(5)"
COMPILE_ERROR = 'let wrong: usize = "text";'
TRAINING = """
let pairs = EmPhantom::new(128).with_count(8).generate();
let fitted = Trainer::new(TrainConfig::new().with_epochs(1)).fit(config.init(&cpu()), &pairs)?;
"""
LIMITS = {
    "ready to first lab value, s": 8.0,
    "median of 20 later cells, s": 0.8,
    "first compile error, s": 2.0,
    "memory after training, MB": 700.0,
    "two kernels, both at their first value, s": 15.0,
}


def check(answer, status="ok"):
    if answer.status != status:
        raise SystemExit(f"a cell ended {answer.status}, not {status}: {answer.reply}")
    return answer


def timed(work):
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def megabytes(manager):
    """Memory of the kernel and all it started; pages that processes share are counted once."""
    kernel = psutil.Process(manager.provisioner.pid)
    family = [kernel, *kernel.children(recursive=True)]
    sizes = []
    for process in family:
        with contextlib.suppress(psutil.Error):
            sizes.append(process.memory_full_info().pss / 1e6)
    return sum(sizes), max(sizes)


def first_value(kernel):
    check(kernel.run(LOAD, timeout=1200))
    check(kernel.run(FIRST_VALUE, timeout=120))


def one_kernel(name):
    figures = {}
    with lab_client.kernel(name) as kernel:
        figures["ready to first lab value, s"], _ = timed(lambda: first_value(kernel))
        cells = [timed(lambda i=i: check(kernel.run(f"let x{i} = {i} * 2;\nx{i}")))[0] for i in range(20)]
        figures["median of 20 later cells, s"] = statistics.median(cells)
    with lab_client.kernel(name) as kernel:
        first_value(kernel)
        figures["first compile error, s"], _ = timed(lambda: check(kernel.run(COMPILE_ERROR), "error"))
        check(kernel.run(TRAINING))
        whole, largest = megabytes(kernel.manager)
        figures["memory after training, MB"] = largest
        figures["memory after training, all processes, MB"] = whole
    return figures


def two_kernels(name):
    def start():
        with lab_client.kernel(name) as kernel:
            first_value(kernel)
            moments.append(time.perf_counter())

    moments = []
    began = time.perf_counter()
    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(moments) < 2:
        raise SystemExit("a kernel did not get to its first value")
    return {"two kernels, both at their first value, s": max(moments) - began}


def measure(name):
    warm(name)
    return one_kernel(name) | two_kernels(name)


def warm(name):
    with lab_client.kernel(name) as kernel:
        first_value(kernel)


def install(folder):
    program = ROOT / "target" / "release" / "unet-lab"
    if not program.exists():
        raise SystemExit("build the lab first: cargo build --release")
    subprocess.run([program, "kernel", "install", "--prefix", folder], check=True, stdout=subprocess.DEVNULL)


def install_stock(folder):
    program = shutil.which("evcxr_jupyter")
    if not program:
        raise SystemExit("evcxr_jupyter is not on the PATH: cargo install evcxr_jupyter --version 0.22.0")
    spec = {"argv": [program, "--control_file", "{connection_file}"], "display_name": "evcxr", "language": "rust"}
    target = pathlib.Path(folder, "share/jupyter/kernels/stock")
    target.mkdir(parents=True)
    # All of its sessions share one build directory, or each would compile Burn anew.
    spec["env"] = {"EVCXR_TMPDIR": str(ROOT / "target" / "unet-lab" / "stock-evcxr")}
    (target / "kernel.json").write_text(json.dumps(spec))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--stock", action="store_true", help="measure stock evcxr_jupyter too")
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JUPYTER_PATH"] = str(pathlib.Path(folder, "share/jupyter"))
        install(folder)
        lab = measure("unet-lab")
        stock = {}
        if arguments.stock:
            install_stock(folder)
            warm("stock")
            # Two stock kernels must not share a build directory, so only one is measured.
            stock = one_kernel("stock")
    print(f"{'':<42} {'lab':>8} {'limit':>8} {'stock':>8} {'ratio':>7}")
    for name, value in lab.items():
        limit = f"{LIMITS[name]:.1f}" if name in LIMITS else ""
        peer = f"{stock[name]:.2f}" if name in stock else ""
        ratio = f"{stock[name] / value:.1f}x" if name in stock else ""
        print(f"{name:<42} {value:>8.2f} {limit:>8} {peer:>8} {ratio:>7}")
    return int(any(lab[name] > limit for name, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
