"""Makes the virtual environment of the peers and says what could not be installed.

    install.py .venv-bench
"""

import pathlib
import subprocess
import sys
import venv

PEERS = ["numpy", "torch", "jax", "diffrax", "torchsde"]


def main():
    place = pathlib.Path(sys.argv[1])
    if not (place / "bin" / "python").exists():
        print(f"making {place}", flush=True)
        venv.create(place, with_pip=True)
    python = str(place / "bin" / "python")
    failed = []
    for peer in PEERS:
        have = subprocess.run([python, "-c", f"import {peer}"], capture_output=True)
        if have.returncode != 0:
            print(f"installing {peer} …", flush=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer]
            done = subprocess.run(pip, capture_output=True, text=True)
            if done.returncode != 0:
                failed.append((peer, (done.stderr.strip().splitlines() or ["no message"])[-1]))
                continue
        show = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
        version = subprocess.run([python, "-c", show, peer], capture_output=True, text=True).stdout.strip()
        print(f"{peer} {version}")
    for peer, why in failed:
        print(f"could not install {peer}, which the benchmark will skip: {why}")


main()
