"""Prints the SBOM of a binary, as CycloneDX 1.5: sbom.py TARGET BINARY, run in the project's folder."""

import hashlib
import json
import os
import re
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

from contents import Contents, expression, key


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def crate(package, is_inside, checksum):
    entry = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "scope": "required" if is_inside else "excluded",
        "hashes": [{"alg": "SHA-256", "content": checksum}],
        "licenses": [{"expression": expression(package)}],
        "purl": purl(package),
    }
    if package["repository"]:
        entry["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return entry


def main():
    target, binary = sys.argv[1:]
    contents = Contents(target)
    own = contents.own
    locked = re.compile(r'name = "(.*)"\nversion = "(.*)"\nsource = .*\nchecksum = "(.*)"')
    checksums = {(name, version): checksum for name, version, checksum in locked.findall(Path("Cargo.lock").read_text())}
    components = [crate(one, key(one) in contents.inside, checksums[key(one)]) for one in contents.others()]

    refs = {package["id"]: purl(package) for package in contents.packages}
    # It is not on crates.io.
    refs[own["id"]] = f"pkg:generic/copydesk@{own['version']}"
    depends = {}
    for node in contents.metadata["resolve"]["nodes"]:
        if node["id"] in refs:
            used = [dep["pkg"] for dep in node["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])]
            depends[refs[node["id"]]] = [refs[one] for one in used if one in refs]
    for name, version, licence, holder, _ in contents.bundled():
        ref = f"pkg:generic/{name}@{version}"
        components.append({
            "type": "library", "bom-ref": ref, "name": name, "version": version, "scope": "required",
            "licenses": [{"license": {"id": licence}}], "purl": ref,
        })
        depends[purl(holder)].append(ref)
        depends[ref] = []

    digest = hashlib.sha256(Path(binary).read_bytes()).hexdigest()
    time = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    print(json.dumps({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": refs[own["id"]],
                "name": own["name"],
                "version": own["version"],
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "licenses": [{"expression": expression(own)}],
                "purl": refs[own["id"]],
            },
            "properties": [{"name": "copydesk:target", "value": target}],
        },
        "components": components,
        "dependencies": [{"ref": ref, "dependsOn": sorted(depends[ref])} for ref in sorted(depends)],
    }, indent=1))


main()
