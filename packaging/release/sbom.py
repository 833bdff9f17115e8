# SPDX-License-Identifier: Apache-2.0
"""The bill of materials in SPDX 2.3: what was made, of which source, and what is inside it or needed beside it."""

import datetime
import hashlib
import urllib.parse

HOME = "https://anthropic-metrics.invalid/"  # an address that belongs to nobody, as in changelog.yml
RELATIONS = ("needed", "linked", "headers", "tools")


def sha(octets, kind):
    return hashlib.new(kind, octets).hexdigest()


def relation(package, linked_sources):
    """(what the package is to the program, whether the program stands first in the sentence, a comment)"""
    if "needed" in package["as"]:
        return "DYNAMIC_LINK", True, None
    if "linked" in package["as"] or "headers" in package["as"]:
        if package["source"] in linked_sources:
            return "BUILD_DEPENDENCY_OF", False, None
        return "STATIC_LINK", True, "code of its headers or archives is inside"
    return "BUILD_TOOL_OF", False, None


def purl(package, system):
    escaped = urllib.parse.quote(package["version"], safe="")
    return (f"pkg:deb/{system['id']}/{urllib.parse.quote(package['name'], safe='')}@{escaped}"
            f"?arch={package['architecture']}&distro={system['id']}-{system['version']}")


def document(origin, record, files):
    """The document as a dictionary. files: {name: octets}, the source archive among them."""
    archive = f"{origin.top}.tar.gz"
    program = {"SPDXID": "SPDXRef-anthropic-metrics", "name": "anthropic-metrics", "versionInfo": origin.version,
               "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "primaryPackagePurpose": "APPLICATION",
               "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION",
               "supplier": "Organization: the authors of anthropic_metrics",
               "sourceInfo": f"commit {origin.commit}, archived as {archive}"}
    packages, relations = [program], [("SPDXRef-DOCUMENT", "DESCRIBES", program["SPDXID"], None)]
    linked_sources = {one["source"] for one in record["packages"] if "needed" in one["as"]}
    for one in record["packages"]:
        name = f"SPDXRef-deb-{one['name'].replace('+', '-plus').replace('_', '-')}"
        packages.append({"SPDXID": name, "name": one["name"], "versionInfo": one["version"], "downloadLocation": "NOASSERTION",
                         "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
                         "copyrightText": "NOASSERTION", "sourceInfo": f"built from {one['source']} {one['source_version']}",
                         "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                                           "referenceLocator": purl(one, record["system"])}]})
        kind, ours_first, comment = relation(one, linked_sources)
        ends = (program["SPDXID"], name) if ours_first else (name, program["SPDXID"])
        relations.append((ends[0], kind, ends[1], comment))
    listed = []
    for number, (name, octets) in enumerate(sorted(files.items()), 1):
        listed.append({"SPDXID": f"SPDXRef-File-{number}", "fileName": f"./{name}",
                       "fileTypes": ["SOURCE" if name == archive else "ARCHIVE"],
                       "checksums": [{"algorithm": kind.upper(), "checksumValue": sha(octets, kind)} for kind in ("sha1", "sha256")],
                       "licenseConcluded": "NOASSERTION", "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"})
        relations.append((program["SPDXID"], "GENERATED_FROM" if name == archive else "DISTRIBUTION_ARTIFACT", f"SPDXRef-File-{number}", None))
    when = datetime.datetime.fromtimestamp(origin.time, datetime.timezone.utc)
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": origin.top,
            "documentNamespace": f"{HOME}spdx/{origin.top}-{sha(files[archive], 'sha256')[:16]}-{record['architecture']}",
            "creationInfo": {"created": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": [f"Tool: anthropic_metrics-{origin.version}"]},
            "packages": packages, "files": listed,
            "relationships": [{"spdxElementId": first, "relationshipType": kind, "relatedSpdxElement": second,
                               **({"comment": comment} if comment else {})} for first, kind, second, comment in relations]}
