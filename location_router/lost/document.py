"""Foreign XML, safely: bytes → element tree. Nothing in a document can make us read a file, open a socket or swell.

A document type declaration is refused before the parser sees it (no DTD, no entities, no billion laughs); the size is
the caller's to bound, the depth is bounded here; comments and processing instructions are dropped.
"""

from __future__ import annotations

import codecs
import re

from lxml import etree

from location_router.lost.values import Refusal

MOST_DEPTH = 40
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_XML_LINE = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "latin-1",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "cp949": "cp949",
    "utf-16": "utf-16",
}
_TOO_DEEP = etree.XPath("boolean(/" + "/".join(["*"] * (MOST_DEPTH + 1)) + ")")
_PREFIX_ONLY = frozenset((etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE,))


def _parser(*, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        recover=recover,
    )


def parse(body: bytes, leniencies: list[tuple[str, str]]) -> etree._Element:
    """The root element. Raises Refusal `badRequest` for what is not well-formed or has a DTD."""
    text = _decode(body, leniencies)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Refusal(
            "badRequest",
            "DTD가 있는 문서는 받지 않습니다.",
            "a document type declaration is not accepted; leave it out",
        )
    clean = text.encode("utf-8", "surrogatepass")
    try:
        root = etree.fromstring(clean, parser := _parser())
    except etree.XMLSyntaxError as problem:
        kinds = {entry.type for entry in parser.error_log}  # the exception's own log holds the whole thread's errors
        if kinds != _PREFIX_ONLY:
            raise _unreadable(problem.msg or "") from None
        root = _despite_prefixes(clean, leniencies)
    except ValueError as problem:
        raise _unreadable(str(problem)) from None
    if len(clean) > 2_000 and _TOO_DEEP(root):
        raise Refusal("badRequest", "너무 깊이 겹친 문서입니다.", f"elements are nested more than {MOST_DEPTH} deep")
    return root


def _despite_prefixes(clean: bytes, leniencies: list[tuple[str, str]]) -> etree._Element:
    """A figure of the RFC itself uses a prefix it never declares: such a document is read by its local names."""
    root = etree.fromstring(clean, _parser(recover=True))
    if root is None:
        raise _unreadable("nothing in it")
    leniencies.append(("undeclared_prefix", ""))
    return root


def _unreadable(why: str) -> Refusal:
    told = " ".join(re.sub(r"[^\x20-\x7e]", "?", why).split())[:120]
    return Refusal("badRequest", "읽을 수 없는 XML입니다.", f"not well-formed XML: {told}")


def _decode(body: bytes, leniencies: list[tuple[str, str]]) -> str:
    """Text without the XML declaration. UTF-8 unless a byte-order mark or the declaration says otherwise."""
    name = "utf-8"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    elif found := _DECLARED.match(body):
        said = found.group(1).decode("ascii").lower()
        if (name := _ENCODINGS.get(said, "")) == "":
            raise Refusal("badRequest", "UTF-8로 보내 주세요.", "this character encoding is not supported: send UTF-8")
    if name != "utf-8":
        leniencies.append(("encoding", name))
    try:
        text = body.decode("utf-8-sig" if name == "utf-8" else name)
    except UnicodeDecodeError:
        raise Refusal(
            "badRequest", "글자를 읽을 수 없습니다. UTF-8로 보내 주세요.", "the bytes are not UTF-8"
        ) from None
    return _XML_LINE.sub("", text, count=1)


def local(element: etree._Element) -> str:
    """An element's name without its namespace (or a prefix that was never declared)."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2].rpartition(":")[2]


def namespace(element: etree._Element) -> str:
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def words(element: etree._Element) -> str:
    """All text below an element (comments inside a value must not cut it), blanks folded."""
    return " ".join("".join(element.itertext()).split())
