# SPDX-License-Identifier: Apache-2.0
"""Agent templates: they call what Fleet has, every variable they use is declared, every declared variable is used."""

from . import handlebars
from .finding import Finding
from .package import entries


def _used(package, path, declared):
    """Names that a template uses. One that does not parse is taken to use all that is declared; helpers reports it."""
    try:
        return handlebars.read(package.text(path))
    except handlebars.Fault:
        return set(declared)


def helpers(package):
    for pattern in ("agent/input/*.hbs", "data_stream/*/agent/stream/*.hbs"):
        for path in package.paths(pattern):
            try:
                handlebars.read(package.text(path))
            except handlebars.Fault as fault:
                yield Finding(path, str(fault), "correct the template")


def _names(owner):
    return {str(variable.get("name")) for variable in entries(owner.get("vars"))}


def _inputs(package):
    """(name that streams refer to, names of the variables it sees, its own variables, paths of its templates)."""
    for template in package.policy_templates():
        shared = _names(package.manifest) | _names(template)
        for one in entries(template.get("inputs")):
            paths = [one["template_path"]] if one.get("template_path") else one.get("template_paths") or []
            files = [f"agent/input/{str(path).rpartition('/')[2]}" for path in paths]
            yield one.get("name") or one.get("type"), shared | _names(one), _names(one), [f for f in files
                                                                                          if f in package.files]


def _streams(package, kind):
    """(manifest's path, stream, paths of its templates) of every stream for an input."""
    for stream, manifest in package.streams().items():
        folder = f"data_stream/{stream}/agent/stream/"
        for one in entries(manifest.get("streams")):
            if one.get("input") == kind:
                files = [folder + str(p) for p in one.get("template_paths")
                         or [one.get("template_path") or "stream.yml.hbs"]]
                yield f"data_stream/{stream}/manifest.yml", one, [f for f in files if f in package.files]


def _covers(declared, used):
    """A dotted variable is reached by its own name or through its parent."""
    return used in declared or any(name.startswith(used + ".") for name in declared)


def variables(package):
    used_anywhere = set()
    # Tiles may have an input of one kind with different variables; its streams' templates see those of the tile in use.
    somewhere = {}
    for kind, seen, _, _ in _inputs(package):
        somewhere[kind] = somewhere.get(kind, set()) | seen
    for kind, seen, own, files in _inputs(package):
        unused = set(own)
        for path in files:
            used = _used(package, path, seen)
            unused -= used
            used_anywhere |= used
            yield from _undeclared(path, used, seen)
        for manifest, stream, templates in _streams(package, kind):
            mine = _names(stream)
            left = set(mine)
            for path in templates:
                used = _used(package, path, somewhere[kind] | mine)
                unused -= used
                left -= used
                used_anywhere |= used
                yield from _undeclared(path, used, somewhere[kind] | mine)
            for name in sorted(left) if templates else ():
                yield Finding(manifest, f"stream of {kind}: variable {name} is used by no template of the stream",
                              "use it, or remove the variable")
        for name in sorted(unused):
            yield Finding("manifest.yml", f"input {kind}: variable {name} is used by no template",
                          "use it, or remove the variable")
    shared = _names(package.manifest).union(*(_names(template) for template in package.policy_templates()))
    for name in sorted(shared - used_anywhere):
        yield Finding("manifest.yml", f"variable {name} is used by no template", "use it, or remove the variable")


def _undeclared(path, used, declared):
    for name in sorted(used):
        if not _covers(declared, name):
            yield Finding(path, f"uses {name}, which is no variable of its stream, its input or the package",
                          "declare it in the manifest, or correct the name")


def used_files(package):
    """An input template that nothing names is dead weight that somebody will edit in vain."""
    named = {path for _, _, _, files in _inputs(package) for path in files}
    for path in package.paths("agent/input/*"):
        if path not in named:
            yield Finding(path, "is the template of no input", "name it as template_path in manifest.yml, or remove it")


RULES = {
    "templates.helpers": helpers,
    "templates.variables": variables,
    "templates.used_files": used_files,
}
