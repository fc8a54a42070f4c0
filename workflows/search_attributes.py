"""The search attributes by which finance filters customers in the Temporal UI: the one registry.

Names with the type that a server registers them under. SQLite has room for ten Keywords and three
of each other type in a namespace. Workflow code takes what it sets from the view in its history and
never looks here, so a change breaks no replay.
"""

from collections.abc import Mapping
from types import MappingProxyType

from temporalio.api.enums.v1 import IndexedValueType

SEARCH_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "Stage": "Keyword",
        "NextAction": "Keyword",
        "Currency": "Keyword",
        "Owner": "Keyword",
        "Risk": "Keyword",
        "Policy": "Keyword",
        "Subscription": "Keyword",
        "OpenTasks": "KeywordList",
        "Holds": "KeywordList",
        "Tags": "KeywordList",
        "NextActionAt": "Datetime",
        "OverdueSince": "Datetime",
        "OverdueAmount": "Double",
    }
)

INDEXED_TYPES: Mapping[str, int] = MappingProxyType(
    {
        "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
        "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
        "Double": IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
    }
)
"""The same types as Temporal's own numbers."""
