"""Puts pip into this virtual environment where Python comes without ensurepip, as Debian's python3 without python3-venv.

The wheel of pip can install itself. It is taken from the package index that pip itself would use.
"""

import configparser
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request


def index_url():
    """The package index: PIP_INDEX_URL, else pip's configuration files, else PyPI."""
    url = os.environ.get("PIP_INDEX_URL")
    if url:
        return url
    home = pathlib.Path.home()
    places = ["/etc/pip.conf", home / ".config/pip/pip.conf", home / ".pip/pip.conf", os.environ.get("PIP_CONFIG_FILE")]
    config = configparser.ConfigParser()
    config.read([place for place in places if place])
    return config.get("global", "index-url", fallback="https://pypi.org/simple")


def newest_wheel(index):
    """Address and version of pip's newest wheel that is not a pre-release."""
    page_url = index.rstrip("/") + "/pip/"
    with urllib.request.urlopen(page_url, timeout=30) as answer:
        page = answer.read().decode()
    wheels = re.findall(r'href="([^"]*/pip-([0-9.]+)-py3-none-any\.whl[^"]*)"', page)
    if not wheels:
        raise SystemExit(f"no wheel of pip at {page_url}")
    link, version = max(wheels, key=lambda wheel: [int(part) for part in wheel[1].split(".")])
    return urllib.parse.urljoin(page_url, link), version


def main():
    url, version = newest_wheel(index_url())
    address, _, fragment = url.partition("#")
    with urllib.request.urlopen(address, timeout=60) as answer:
        wheel = answer.read()
    expected = fragment.removeprefix("sha256=")
    if expected and hashlib.sha256(wheel).hexdigest() != expected:
        raise SystemExit(f"{address} does not have the checksum that the index gives")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, f"pip-{version}-py3-none-any.whl")
        file.write_bytes(wheel)
        command = [sys.executable, f"{file}/pip", "install", "--no-input", "--no-index", "--no-deps", str(file)]
        raise SystemExit(subprocess.run(command, stdout=subprocess.DEVNULL).returncode)


main()
