"""An encoding is taken where Python decodes it block by block to what was written, and nothing else is."""

from __future__ import annotations

import codecs
import encodings
import io
import pkgutil

import pytest

from contracts.encodings import encoding_fault, nearest_encoding

TEXT = 'name,"of, x"\r\n1,a+b~c\n'
ALL = sorted(module.name for module in pkgutil.iter_modules(encodings.__path__))
NONE = {
    *("aliases", "mbcs", "oem"),  # no codec here
    *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"),  # no text
    *("charmap", "idna", "punycode", "undefined"),  # no file
    *("hz", "raw_unicode_escape", "unicode_escape", "utf_7"),  # escapes: plain text is another text
    *("shift_jis_2004", "shift_jisx0213"),  # have no backslash, and write another character for it
}


@pytest.mark.parametrize("name", ALL)
def test_every_codec_of_this_python(name: str) -> None:
    assert (encoding_fault(name) is not None) is (name in NONE)


@pytest.mark.parametrize("name", sorted(set(ALL) - NONE))
def test_what_is_taken_reads_as_it_was_written(name: str) -> None:
    written = TEXT.encode(name)
    decoder = codecs.getincrementaldecoder(name)("strict")
    assert "".join(decoder.decode(bytes([byte])) for byte in written) + decoder.decode(b"", final=True) == TEXT
    assert io.TextIOWrapper(io.BytesIO(written), encoding=name, newline="").read() == TEXT


@pytest.mark.parametrize(
    "name", ["UTF-8", "utf8", "GBK", "gb18030", "cp936", "Big5", "latin-1", "utf-8-sig", "UTF-16LE", "Shift_JIS"]
)
def test_spellings_that_people_use(name: str) -> None:
    assert encoding_fault(name) is None


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GBK2312", "gb18030"),
        ("gb18031", "gb18030"),
        ("ANSI", "gb18030"),
        ("utf8mb4", "utf-8"),
        ("utf-9", "utf-8"),
        ("unicode", "utf-16"),
        ("rot13", "utf-8 and gb18030 are the usual ones"),
        ("base64", "utf-8 and gb18030 are the usual ones"),
        ("\0", "utf-8 and gb18030 are the usual ones"),
        ("", "utf-8 and gb18030 are the usual ones"),
    ],
)
def test_what_may_have_been_meant(name: str, meant: str) -> None:
    assert encoding_fault(name)
    assert meant in nearest_encoding(name)
