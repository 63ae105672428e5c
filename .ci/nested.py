"""The templates of nested stacks: which there are, as far as they are files."""
import os

from samtranslator.yaml_helper import yaml_parse

LOCATIONS = {"AWS::Serverless::Application": "Location", "AWS::CloudFormation::Stack": "TemplateURL"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return yaml_parse(file.read())


def stacks(template, path):
    """The nested stacks of a template: logical id, the property that names the file, the file's path."""
    for name, resource in template.get("Resources", {}).items():
        key = LOCATIONS.get(resource.get("Type", ""))
        location = resource.get("Properties", {}).get(key) if key else None
        if isinstance(location, str) and "://" not in location:
            yield name, key, os.path.normpath(os.path.join(os.path.dirname(path), location))


def files(path):
    """A template's path, then those of all its nested stacks, each once."""
    found, waiting = [], [path]
    while waiting:
        path = waiting.pop(0)
        if path not in found:
            found.append(path)
            waiting += [nested for _, _, nested in stacks(read(path), path)]
    return found
