"""What the benchmarks beside Python peers have in common."""

import json
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def ours(name, program, *arguments):
    """The lines that the benchmark `name` of unet_lab_data prints; `program` is a built one, or none for `cargo bench`."""
    command = [program] if program else ["cargo", "bench", "--quiet", "-p", "unet_lab_data", "--bench", name, "--"]
    output = subprocess.run(command + [str(a) for a in arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def median_ms(run, runs):
    """The median time of a peer's runs after one more to warm up, and its last result."""
    result, times = run(), []
    for _ in range(runs):
        start = time.perf_counter()
        result = run()
        times.append((time.perf_counter() - start) * 1e3)
    return sorted(times)[runs // 2], result
