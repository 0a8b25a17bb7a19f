"""The description of a feed: CSDL (OData Common Schema Definition Language), as XML and as JSON."""

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from sojourn.feeds.odata.properties import ROW, Property

NAMESPACE = "Sojourn"
CONTAINER = "Feed"
_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_INSTANT = "Edm.DateTimeOffset"
_PRECISION = 3  # digits of a second


def as_xml(name: str, properties: Sequence[Property]) -> bytes:
    """The one entity set of a feed, of that name, and the type of its rows."""
    document = Element("edmx:Edmx", {"xmlns:edmx": _EDMX, "Version": "4.0"})
    schema = SubElement(SubElement(document, "edmx:DataServices"), "Schema", {"xmlns": _EDM, "Namespace": NAMESPACE})
    kind = SubElement(schema, "EntityType", {"Name": name})
    SubElement(SubElement(kind, "Key"), "PropertyRef", {"Name": ROW})
    for one in properties:
        SubElement(kind, "Property", _attributes(one))
    container = SubElement(schema, "EntityContainer", {"Name": CONTAINER})
    SubElement(container, "EntitySet", {"Name": name, "EntityType": f"{NAMESPACE}.{name}"})
    text: bytes = tostring(document, encoding="utf-8", xml_declaration=True)
    return text


def _attributes(one: Property) -> dict[str, str]:
    found = {"Name": one.name, "Type": one.kind}
    if one.name == ROW:
        found["Nullable"] = "false"
    return found | ({"Precision": str(_PRECISION)} if one.kind == _INSTANT else {})


def as_json(name: str, properties: Sequence[Property]) -> dict[str, Any]:
    """The same in CSDL JSON, which is of OData 4.01."""
    members = {one.name: _member(one) for one in properties}
    return {
        "$Version": "4.01",
        "$EntityContainer": f"{NAMESPACE}.{CONTAINER}",
        NAMESPACE: {
            name: {"$Kind": "EntityType", "$Key": [ROW], **members},
            CONTAINER: {"$Kind": "EntityContainer", name: {"$Collection": True, "$Type": f"{NAMESPACE}.{name}"}},
        },
    }


def _member(one: Property) -> dict[str, Any]:
    found: dict[str, Any] = {"$Type": one.kind}
    if one.name != ROW:
        found["$Nullable"] = True
    return found | ({"$Precision": _PRECISION} if one.kind == _INSTANT else {})
