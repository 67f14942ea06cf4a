"""Builds shim.c, which stands between a server and its files."""

import pathlib
import shutil
import struct
import subprocess

import client

RECORD = struct.Struct("<QQQIIicc2x")
SOURCE = pathlib.Path(__file__).resolve().with_name("shim.c")


class Library:
    def __init__(self, path=None, needs=""):
        self.path, self.needs = path, needs

    def env(self, database, control=None, log=None, kill=None):
        """The environment of a process whose files are watched."""
        more = {"FAULTS_CONTROL": control, "FAULTS_LOG": log, "FAULTS_KILL": kill}
        return {"LD_PRELOAD": str(self.path), "FAULTS_PATH": str(database)} | {k: str(v) for k, v in more.items() if v}


def read_log(path):
    """Records: moment, what, whether it is done, inode, offset, thread, path, data."""
    text, at, records = path.read_bytes(), 0, []
    while at < len(text):
        moment, inode, offset, path_size, data_size, thread, what, is_done = RECORD.unpack_from(text, at)
        at += RECORD.size
        name = text[at:at + path_size].decode()
        at += path_size
        records.append((moment, what.decode(), is_done != b"\0", inode, offset, thread, name, text[at:at + data_size]))
        at += data_size
    return records


def load(program, place):
    """The library, or what is missing for it."""
    compiler = shutil.which("cc")
    if not compiler:
        return Library(needs="a C compiler (cc)")
    path = place / "shim.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", path, SOURCE, "-ldl", "-lpthread"], check=True)
    library, log = Library(path), place / "probe"
    subprocess.run([program, "--version"], env=client.environment(**library.env("/nowhere", log=log)),
                   capture_output=True, check=True, timeout=client.PATIENCE)
    # The library makes its log when it is loaded; a static program loads none.
    return library if log.exists() else Library(needs="a program that is linked dynamically")
