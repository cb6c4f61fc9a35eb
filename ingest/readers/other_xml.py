"""XML that is not PIES: what it is, and what can be read instead."""

from __future__ import annotations

from ingest.readers.limits import FileFault

_INSTEAD = "Send PIES 7.2 or 8.0, or the same content as CSV, a spreadsheet, JSON, X12 or EDIFACT."
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
# Outermost element → what it is, and what to send instead.
_KNOWN = {
    "ACES": ("an ACES file, which says what parts fit and not what they cost or hold", _INSTEAD),
    "html": ("a web page, perhaps a log-in or an error page", "Send the data itself, not the page that shows it."),
    "Workbook": ("an Excel 2003 XML workbook", "Save it as .xlsx and send that."),
    "Envelope": ("a SOAP message", _INSTEAD),
    "EDI_Exp_Desadv": ("a despatch advice in a house format", "Send it as EDIFACT DESADV or X12 856."),
    "BMECAT": ("a BMEcat catalogue", _INSTEAD),
    "T_NEW_CATALOG": ("a part of a BMEcat catalogue", _INSTEAD),
}
_UBL_INSTEAD = {
    "Catalogue": "Send the catalogue as PIES, X12 832 or EDIFACT PRICAT.",
    "OrderResponse": "Send it as X12 855 or EDIFACT ORDRSP.",
    "DespatchAdvice": "Send it as X12 856 or EDIFACT DESADV.",
}


def check_root(name: str, attributes: dict[str, str]) -> None:
    """Raise ``FileFault`` that names the document, unless its outermost element is that of PIES."""
    prefix, _, local = name.rpartition(":")
    if local == "PIES":
        return
    space = attributes.get(f"xmlns:{prefix}" if prefix else "xmlns", "")
    shown = ascii(local[:60])[1:-1]
    words, mend = _KNOWN.get("html" if local.lower() == "html" else local, (None, _INSTEAD))
    if space.startswith(_UBL):
        words, mend = f"a UBL {shown}", _UBL_INSTEAD.get(local, _INSTEAD)
    words = words or f"XML with the outermost element {shown}, which is no PIES"
    raise FileFault("OTHER_XML", f"the file is {words}", mend, line_number=1)
