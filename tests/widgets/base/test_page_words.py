"""What a page shows of a sentence: words that a person can use."""

from __future__ import annotations

import pytest

from widgets.base.page_words import for_page, html_for_page

HASH = "5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("cannot identify image file <_io.BytesIO object at 0x7f3a5c0d1e40>", "cannot identify image file BytesIO"),
        ("<PIL.Image.Image image mode=RGB size=4x4 at 0x7F3A5C0D> is empty", "Image is empty"),
        (f"the picture named {HASH} is another one", "the picture named … is another one"),
        (f"sha256:{HASH} was expected", "… was expected"),
        ("save https://github.com/x/y/releases/u2net.onnx, then try again", "save github.com, then try again"),
        (f"fetch it: `hf download a/b --revision {HASH[:40]}`", f"fetch it: `hf download a/b --revision {HASH[:40]}`"),
        ("2048 x 2048 needs 11000000000 bytes; strength must be 0.123456789012345678", None),
    ],
)
def test_addresses_hashes_and_links_do_not_reach_the_page(sentence: str, expected: str | None) -> None:
    assert for_page(sentence) == (expected or sentence)


def test_a_link_still_leads_where_it_did_and_nothing_else_is_markup() -> None:
    made = html_for_page("<b>By hand</b>: save https://github.com/x?a=1&b=2 as u2net.onnx")
    assert made == (
        '&lt;b&gt;By hand&lt;/b&gt;: save <a href="https://github.com/x?a=1&amp;b=2" target="_blank" rel="noopener">'
        "github.com</a> as u2net.onnx"
    )
