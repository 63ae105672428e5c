"""Prints the package that a binary belongs to: cargo metadata on standard input, the binary's name as argument."""
import json
import sys

for package in json.load(sys.stdin)["packages"]:
    for target in package["targets"]:
        if "bin" in target["kind"] and target["name"] == sys.argv[1]:
            print(package["name"])
            sys.exit(0)
sys.exit(f"no package has a binary `{sys.argv[1]}`")
