"""Prints the licences that go with the binary: licences.py TARGET, run in the project's folder."""

import re
import sys
import zipfile

from contents import Contents, expression, folder, key

IS_LICENCE = re.compile("licen[cs]e|copying|notice|copyright", re.IGNORECASE).match


def files(package):
    """The files that are named as licences, or lie in a folder that is."""
    for path in sorted(folder(package).rglob("*")):
        parts = path.relative_to(folder(package)).parts
        if path.is_file() and path.suffix != ".rs" and any(map(IS_LICENCE, parts)):
            yield path.read_text(errors="replace")


def main():
    target = sys.argv[1]
    contents = Contents(target)
    texts = {}

    def add(holder, text):
        # One text for all that have it, whatever its line breaks.
        texts.setdefault(" ".join(text.split()), (text.strip(), {}))[1][holder] = True

    print("Copydesk contains the following software, each under its own licence.\n")
    print("  Rust standard library: MIT OR Apache-2.0")
    if target.endswith("musl"):
        print("  musl libc: MIT (its notice is among those of libm)")
    for name, version, licence, _, path in contents.bundled():
        print(f"  {name} {version}: {licence}")
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for file in archive.namelist():
                    if re.fullmatch("[^/]+/(LICENSE|NOTICE)", file):
                        add(f"{name} {version}", archive.read(file).decode())
    for package in contents.others():
        if key(package) in contents.inside:
            holder = f"{package['name']} {package['version']}"
            print(f"  {holder}: {expression(package)}  {package['repository'] or ''}".rstrip())
            for text in files(package):
                add(holder, text)
    for text, holders in texts.values():
        print(f"\n\n{'-' * 80}\n{', '.join(holders)}\n{'-' * 80}\n\n{text}")


main()
