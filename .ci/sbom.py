"""Writes a function's bill of materials (CycloneDX) from what cargo-cyclonedx found, corrected by what the build compiled, and checks it.

cargo-cyclonedx looks at the whole workspace, so it names packages that only other members bring in, and it names our own by where
they are on this machine. What the compiler was given says which of them are in this function.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

function, triple, copy, messages, folder = sys.argv[1:]
OURS = "detective-controls/"


def named(text):
    """Our own packages, `path+file:///where/it/is/shared/rule#0.1.0`, without where that is."""
    for root in (copy, str(Path.cwd())):
        text = text.replace(f"path+file://{root}/", OURS)
    return text


def compiled():
    """Every package that was compiled for the function, and whether any of it was compiled to be linked into the program."""
    packages = {}
    for line in Path(messages).read_text().splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact":
            linked = any(f"/{triple}/" in file for file in message["filenames"])
            package = named(message["package_id"])
            packages[package] = packages.get(package, False) or linked
    return packages


def tree():
    """Name, version and licence of every package of the function, as Cargo tells without building."""
    options = ["--package", function, "--target", triple, "--edges", "normal,build", "--prefix", "none", "--no-dedupe"]
    command = ["cargo", "tree", "--frozen", *options, "--format", "{p}\t{l}"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    packages = (line.split("\t") for line in lines)
    return {(*package.split()[:2], expression(licence)) for package, licence in packages}


def expression(licence):
    """Some say `MIT/Apache-2.0` where SPDX says `MIT OR Apache-2.0`."""
    return " ".join(licence.replace("/", " OR ").split())


def components(bill, packages):
    """The bill's components that are among the packages: what is linked is required, what only builds is excluded."""
    for component in bill["components"]:
        reference = component["bom-ref"]
        if reference in packages:
            component["scope"] = "required" if packages[reference] else "excluded"
            yield component


def compiler():
    version = subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {"vendor": "Rust", "name": "rustc", "version": version.split(maxsplit=1)[1].strip()}


packages = compiled()
bill = json.loads(named((Path(copy) / "functions" / function / f"{function}_bin.cdx.json").read_text()))
bill["components"] = list(components(bill, packages))
bill["dependencies"] = [
    {**node, "dependsOn": [to for to in node.get("dependsOn", []) if to in packages]}
    for node in bill["dependencies"]
    if node["ref"] in packages
]
program = bill["metadata"]["component"]
program["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256((Path(folder) / "bootstrap").read_bytes()).hexdigest()}]
bill["metadata"]["tools"].append(compiler())
everything = [program, *bill["components"]]
for component in everything:
    # Not `pkg:cargo/aws`: that is somebody else's crate.
    if component["bom-ref"].startswith(OURS):
        component["purl"] = f"pkg:generic/{OURS}{component['name']}@{component['version']}"
    for licence in component.get("licenses", []):
        licence["expression"] = expression(licence["expression"])

text = json.dumps(bill, indent=2, ensure_ascii=False) + "\n"
listed = {(c["name"], f"v{c['version']}", *(l["expression"] for l in c.get("licenses", []))) for c in everything}
faults = [f"only the bill has {package}" for package in listed - tree()]
faults += [f"the bill lacks {package}" for package in tree() - listed]
faults += [f"no licence: {c['name']}" for c in everything if not all(l["expression"] for l in c.get("licenses") or [{"expression": ""}])]
faults += [f"no hash: {c['name']}" for c in everything if "hashes" not in c and not c["bom-ref"].startswith(OURS)]
faults += [f"it holds {word}" for word in ("file://", "serialNumber", str(Path.home()) + "/") if word in text]
if faults:
    sys.exit(f"The bill of materials of {function} is wrong:\n" + "\n".join(sorted(faults)))
(Path(folder) / "sbom.cdx.json").write_text(text)
scopes = [component["scope"] for component in bill["components"]]
print(f"{function}: {scopes.count('required')} packages in the program, {scopes.count('excluded')} more to build it")
