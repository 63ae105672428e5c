"""What CloudFormation does with nested stacks, for an emulator that knows none.

Each becomes a stack of its own. The outer stack is made in steps: first what needs no nested stack, then each nested stack with the values
that the emulator itself gives for its parameters, and after each what needs its outputs.
"""
import copy
import re


def deploy(path, name, parameters, templates, put):
    """Makes the stack `name` of the template at `path`, and its nested stacks. `put(name, path, template, parameters)` makes or changes one stack
    and answers with its outputs. Returns the outputs."""
    template = templates[path]
    nested = {logical: resource for logical, resource in template["Resources"].items() if "nested" in resource}
    done = {}
    while True:
        waiting = [logical for logical in nested if logical not in done]
        ready = next((logical for logical in waiting if not references(nested[logical], template) & set(waiting)), None)
        assert ready or not waiting, f"{path}: nested stacks that need one another"
        part = with_outputs(without(template, nested, waiting), done)
        if ready is None:
            return put(name, path, part, parameters)
        asked = with_outputs(nested[ready], done)["Properties"].get("Parameters", {})
        part["Outputs"] = {f"Asked{key}": {"Value": value} for key, value in asked.items()}
        answers = put(name, path, part, parameters)
        given = {key: answers[f"Asked{key}"] for key in asked}
        done[ready] = deploy(nested[ready]["nested"], f"{name}-{ready}", given, templates, put)


def without(template, nested, waiting):
    """The template without nested stacks, and without what needs one that waits."""
    part = copy.deepcopy({**template, "Outputs": {} if waiting else template.get("Outputs", {})})
    for logical in nested:
        del part["Resources"][logical]
    missing = set(waiting)
    while True:
        needing = [logical for logical, resource in part["Resources"].items() if references(resource, template) & missing]
        if not needing:
            return part
        for logical in needing:
            del part["Resources"][logical]
        missing |= set(needing)


def references(node, template):
    """The resources that a value names."""
    found = set()
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref" or key == "DependsOn":
                found |= {value} if isinstance(value, str) else set(value)
            elif key == "Fn::GetAtt":
                found.add(value.split(".")[0] if isinstance(value, str) else value[0])
            elif key == "Fn::Sub":
                found |= set(re.findall(r"\$\{(\w+)", value if isinstance(value, str) else value[0]))
            found |= references(value, template)
    elif isinstance(node, list):
        for item in node:
            found |= references(item, template)
    return found & set(template["Resources"])


def with_outputs(node, done):
    """A value with what nested stacks have answered in place of their outputs."""
    if isinstance(node, list):
        return [with_outputs(item, done) for item in node]
    if not isinstance(node, dict):
        return node
    if list(node) == ["Fn::GetAtt"]:
        value = node["Fn::GetAtt"]
        name, attribute = value.split(".", 1) if isinstance(value, str) else value
        if name in done:
            return done[name][attribute.removeprefix("Outputs.")]
    return {key: with_outputs(value, done) for key, value in node.items()}
