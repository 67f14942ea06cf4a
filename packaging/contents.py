"""What cargo builds into the binary for a target. Imported by sbom.py and licences.py, run in the project's folder."""

import json
import re
import subprocess
from pathlib import Path

# Name, crate that holds it, licence, and the file that tells the version, by its name or by its text.
BUNDLED = [
    ("sqlite", "libsqlite3-sys", "blessing", "sqlite3/sqlite3.h", r'#define SQLITE_VERSION +"([\d.]+)"'),
    ("swagger-ui", "utoipa-swagger-ui-vendored", "Apache-2.0", "res/v*.zip", r"v([\d.]+)\.zip"),
]


class Contents:
    """The packages that are built, those of them that are inside the binary, and what these bring along."""

    def __init__(self, target):
        self.metadata = json.loads(cargo("metadata", "--format-version=1", "--filter-platform", target))
        built = tree(target, "normal,build")
        self.packages = sorted((one for one in self.metadata["packages"] if key(one) in built), key=key)
        # What runs while the binary is built (build scripts, macros) is not in it.
        self.inside = tree(target, "normal,no-proc-macro")
        self.own = next(one for one in self.packages if one["id"] == self.metadata["resolve"]["root"])

    def others(self):
        return [package for package in self.packages if package is not self.own]

    def bundled(self):
        """Name, version and licence of each, the crate that holds it, and the file that told."""
        for name, crate, licence, file, pattern in BUNDLED:
            holder = next(package for package in self.packages if package["name"] == crate)
            path = next(folder(holder).glob(file))
            text = path.name if path.suffix == ".zip" else path.read_text()
            yield name, re.search(pattern, text)[1], licence, holder, path


def cargo(command, *arguments):
    run = subprocess.run(["cargo", command, "--locked", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return run.stdout


def tree(target, edges):
    """Names and versions. `cargo tree` is exact where `cargo metadata` counts features that only tests turn on."""
    lines = cargo("tree", "--target", target, "--edges", edges, "--prefix=none", "--no-dedupe").splitlines()
    return {(words[0], words[1][1:]) for words in map(str.split, lines)}


def key(package):
    return package["name"], package["version"]


def expression(package):
    """The licence in SPDX; older crates write a slash for OR."""
    return re.sub(" ?/ ?", " OR ", package["license"])


def folder(package):
    return Path(package["manifest_path"]).parent
