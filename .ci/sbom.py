"""Writes a function's bill of materials (CycloneDX): what cargo-cyclonedx found, corrected by what the build compiled, and checked.

cargo-cyclonedx looks at the whole workspace. So it names packages that only other members bring in, and it names our own packages by
where they are on this machine. The build's messages say what is in this function.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

# The function; the target; the copy of the workspace that cargo-cyclonedx wrote into; the messages of the build; where the program is.
function, triple, copy, messages, folder = sys.argv[1:]
OURS = "detective-controls/"


def main():
    bill = corrected(compiled())
    text = json.dumps(bill, indent=2, ensure_ascii=False) + "\n"
    if wrong := sorted(faults(bill, text)):
        sys.exit(f"The bill of materials of {function} is wrong:\n" + "\n".join(wrong))
    Path(folder, "sbom.cdx.json").write_text(text)
    scopes = [component["scope"] for component in bill["components"]]
    print(f"{function}: {scopes.count('required')} packages in the program, {scopes.count('excluded')} more to build it")


def compiled():
    """Every package that was compiled for the function, and whether any of it was compiled to be linked into the program."""
    packages = {}
    for line in Path(messages).read_text().splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact":
            package = named(message["package_id"])
            linked = any(f"/{triple}/" in file for file in message["filenames"])
            packages[package] = packages.get(package, False) or linked
    return packages


def corrected(packages):
    """The bill of exactly these packages."""
    bill = json.loads(named(Path(copy, "functions", function, f"{function}_bin.cdx.json").read_text()))
    bill["components"] = [component for component in bill["components"] if component["bom-ref"] in packages]
    for component in bill["components"]:
        component["scope"] = "required" if packages[component["bom-ref"]] else "excluded"
    bill["dependencies"] = [
        {"ref": node["ref"], "dependsOn": [other for other in node.get("dependsOn", []) if other in packages]}
        for node in bill["dependencies"]
        if node["ref"] in packages
    ]
    for component in everything(bill):
        # Not `pkg:cargo/aws`: that is somebody else's crate.
        if component["bom-ref"].startswith(OURS):
            component["purl"] = f"pkg:generic/{OURS}{component['name']}@{component['version']}"
        for licence in component.get("licenses", []):
            licence["expression"] = expression(licence["expression"])
    program = hashlib.sha256(Path(folder, "bootstrap").read_bytes()).hexdigest()
    bill["metadata"]["component"]["hashes"] = [{"alg": "SHA-256", "content": program}]
    rustc = output("rustc", "--version").split(maxsplit=1)[1].strip()
    bill["metadata"]["tools"].append({"vendor": "Rust", "name": "rustc", "version": rustc})
    return bill


def faults(bill, text):
    """What is wrong with the bill; Cargo tells without building what it has to list."""
    listed = {(component["name"], f"v{component['version']}", licence(component)) for component in everything(bill)}
    expected = tree()
    yield from (f"only the bill has {package}" for package in listed - expected)
    yield from (f"the bill lacks {package}" for package in expected - listed)
    for component in everything(bill):
        if not licence(component):
            yield f"no licence: {component['name']}"
        if "hashes" not in component and not component["bom-ref"].startswith(OURS):
            yield f"no hash: {component['name']}"
    for word in ("file://", "serialNumber", f"{Path.home()}/", f"{Path.cwd()}/"):
        if word in text:
            yield f"it holds {word}"


def tree():
    """Name, version and licence of every package of the function, as Cargo resolves it."""
    options = ["--package", function, "--target", triple, "--edges", "normal,build", "--prefix", "none", "--no-dedupe"]
    lines = output("cargo", "tree", "--frozen", *options, "--format", "{p}\t{l}").splitlines()
    packages = (line.split("\t") for line in lines)
    return {(*package.split()[:2], expression(terms)) for package, terms in packages}


def everything(bill):
    return [bill["metadata"]["component"], *bill["components"]]


def licence(component):
    return " AND ".join(given["expression"] for given in component.get("licenses", []))


def expression(terms):
    """Some say `MIT/Apache-2.0` where SPDX says `MIT OR Apache-2.0`."""
    return " ".join(terms.replace("/", " OR ").split())


def named(text):
    """Our own packages, `path+file:///where/it/is/shared/rule#0.1.0`, without where that is."""
    for root in (copy, str(Path.cwd())):
        text = text.replace(f"path+file://{root}/", OURS)
    return text


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


main()
