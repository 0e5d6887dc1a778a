"""The report as JUnit XML, for CI systems."""

from __future__ import annotations

import os
import re
from typing import Any
from xml.etree import ElementTree as ET

from seeder.masking import redact_own
from seeder.reporting.report import Report

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> bytes:
    """A test suite `seeder`, with a test case for each seeder.

    An error that ended the run as a whole is a test case of its own, so that no failed run looks green.
    """
    stopped = bool(report.exit_code) and not (report.failed or report.skipped)
    reason = _xml(redact_own(report.reason))
    time = f"{report.duration_seconds:.3f}"
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "id": "0",
            "package": "seeder",
            "name": "seeder",
            "timestamp": report.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": os.uname().nodename or "localhost",
            "tests": str(len(report.seeders) + stopped),
            "failures": str(report.failed),
            "errors": str(int(stopped)),
            "skipped": str(report.skipped + report.superseded),
            "time": time,
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("run_id", report.run_id),
        ("version", report.version),
        ("exit_code", str(int(report.exit_code))),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for result in report.seeders:
        _add_case(suite, result.to_dict())
    if stopped:
        case = ET.SubElement(suite, "testcase", {"name": "run", "classname": "seeder", "time": time})
        ET.SubElement(case, "error", {"type": report.exit_code.name, "message": reason}).text = reason
    ET.SubElement(suite, "system-out").text = reason
    ET.SubElement(suite, "system-err")
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _add_case(suite: ET.Element, result: dict[str, Any]) -> None:
    time = f"{result['duration_seconds']:.3f}"
    case = ET.SubElement(
        suite, "testcase", {"name": _xml(result["name"]), "classname": "seeder", "time": time}
    )
    error = result.get("error", {"type": "SeederError", "message": result.get("reason", result["outcome"])})
    place = ":".join(str(error[part]) for part in ("file", "line", "column") if part in error)
    message = _xml(f"{place}: {error['message']}" if place else error["message"])
    if result["outcome"] == "failed":
        ET.SubElement(case, "failure", {"type": error["type"], "message": message}).text = message
    elif result["outcome"] in ("skipped", "superseded"):
        ET.SubElement(case, "skipped", {"message": message})


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
