"""Packs a function's program as Lambda takes it. The date and the rights are always the same, so the same program is the same package."""

import sys
import zipfile

program, package = sys.argv[1:]
entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
entry.create_system = 3  # Unix, where rights mean something
entry.external_attr = 0o100755 << 16
with open(program, "rb") as file, zipfile.ZipFile(package, "w") as archive:
    archive.writestr(entry, file.read(), zipfile.ZIP_DEFLATED, 9)
