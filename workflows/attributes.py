"""Search attributes as a view has them, turned into typed ones, in a module that is loaded once a process."""

from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey, SearchAttributeUpdate

with workflow.unsafe.imports_passed_through():
    from domain.view import Attribute

_KEYS: dict[str, Any] = {
    "Keyword": SearchAttributeKey.for_keyword,
    "KeywordList": SearchAttributeKey.for_keyword_list,
    "Datetime": SearchAttributeKey.for_datetime,
    "Double": SearchAttributeKey.for_float,
}
_KINDS = {
    SearchAttributeIndexedValueType.KEYWORD: "Keyword",
    SearchAttributeIndexedValueType.KEYWORD_LIST: "KeywordList",
    SearchAttributeIndexedValueType.DATETIME: "Datetime",
    SearchAttributeIndexedValueType.DOUBLE: "Double",
}


def changed(attributes: list[Attribute], before: list[Attribute]) -> list[Attribute]:
    """Return those that are other than before; one without a value only where it had one."""
    known = {name for name, _, value in before if value is not None}
    return [each for each in attributes if each not in before and (each[2] is not None or each[0] in known)]


def pair(attribute: Attribute) -> SearchAttributeUpdate[Any]:
    """Turn an attribute into a typed one; only history knows which there are, so replay holds."""
    name, kind, value = attribute
    if kind == "Datetime" and value is not None:
        value = datetime.fromisoformat(value)
    key: SearchAttributeKey[Any] = _KEYS[kind](name)
    return key.value_unset() if value is None else key.value_set(value)


def at_start() -> list[Attribute]:
    """Return the attributes that an earlier run of this workflow has set."""
    found: list[Attribute] = []
    for each in workflow.info().typed_search_attributes.search_attributes:
        kind = _KINDS[each.key.indexed_value_type]
        value = each.value.isoformat() if kind == "Datetime" else each.value
        found.append([each.key.name, kind, list(value) if kind == "KeywordList" else value])
    return found
