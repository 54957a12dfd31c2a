"""The frame of every paper: the operator's head, a title, paragraphs, facts, tables, sums, page numbers."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TableCellFillMode, XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from portal import languages
from portal.languages import gettext as _

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Titillium"
MARGIN_MM = 20
BODY_PT, SMALL_PT, TITLE_PT, HEADING_PT = 10.5, 8.5, 20, 13
INK, MUTED, LINE = (23, 33, 43), (90, 101, 113), (200, 207, 214)
_SIMPLER = str.maketrans({"→": "–", "\u202f": "\u00a0", "−": "–"})
"""Signs of the screens that the font lacks."""
_KEPT = "\n\u00a0\u202f"
"""Not printable by Python's count, and yet they say where a line may end."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the operator's name, where to ask, and the portal's address."""

    brand_name: str
    support_email: str
    public_url: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its head, its share of the width, and whether it holds amounts."""

    head: str
    share: int
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """One row below a table; `strong` is the one that counts."""

    text: str
    amount: str
    strong: bool = False


class Paper:
    """A PDF on A4 in the language of the moment, written from top to bottom.

    The same input gives the same bytes.
    """

    def __init__(self, head: Letterhead, title: str, *, at: datetime) -> None:
        self._pdf = _Pages(head, title)
        self._pdf.set_creation_date(at)
        self._pdf.set_title(_writable(title))
        self._pdf.set_author(_writable(head.brand_name))
        self._pdf.set_lang(languages.current().code)
        self._pdf.add_page()
        self._text(title, TITLE_PT, strong=True)
        self._pdf.ln(2)

    def heading(self, text: str) -> None:
        """Begin a part of the paper."""
        self._pdf.ln(4)
        self._text(text, HEADING_PT, strong=True)
        self._pdf.ln(1)

    def paragraph(self, text: str, *, small: bool = False, strong: bool = False) -> None:
        """Write some sentences; small ones are remarks."""
        self._text(text, SMALL_PT if small else BODY_PT, strong=strong, ink=MUTED if small else INK)
        self._pdf.ln(1.5)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Write names and values in two columns."""
        self._pdf.set_font(FAMILY, size=BODY_PT)
        self._pdf.set_text_color(*INK)
        with self._pdf.table(
            col_widths=(30, 70), borders_layout=TableBordersLayout.NONE, first_row_as_headings=False
        ) as table:
            for name, value in pairs:
                row = table.row()
                row.cell(_writable(name), style=FontFace(color=MUTED))
                row.cell(_writable(value))
        self._pdf.ln(2)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Write a table whose head is repeated on every page it reaches."""
        self._pdf.set_font(FAMILY, size=BODY_PT)
        self._pdf.set_text_color(*INK)
        self._pdf.set_draw_color(*LINE)
        with self._pdf.table(
            col_widths=[column.share for column in columns],
            text_align=["RIGHT" if column.is_number else "LEFT" for column in columns],
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            cell_fill_mode=TableCellFillMode.NONE,
            headings_style=FontFace(emphasis="BOLD", color=INK),
            line_height=5.5,
            padding=(1.2, 1),
        ) as table:
            table.row([_writable(column.head) for column in columns])
            for row in rows:
                table.row([_writable(cell) for cell in row])

    def sums(self, sums: Iterable[Sum]) -> None:
        """Write what a table comes to, at the right edge and never apart from each other."""
        with self._pdf.unbreakable() as pdf:
            pdf.ln(2)
            for each in sums:
                pdf.set_font(FAMILY, "B" if each.strong else "", HEADING_PT if each.strong else BODY_PT)
                pdf.set_text_color(*INK)
                pdf.cell(pdf.epw - 45, 6.5, _writable(each.text), align="R")
                pdf.cell(45, 6.5, _writable(each.amount), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._pdf.ln(2)

    def slip(self, title: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Write names and values within a frame to be cut out, on one page."""
        with self._pdf.unbreakable() as pdf:
            pdf.set_draw_color(*INK)
            with pdf.table(
                col_widths=(38, 62), borders_layout=TableBordersLayout.ALL, line_height=7, padding=(1, 2)
            ) as table:
                pdf.set_font(FAMILY, "", BODY_PT)
                table.row().cell(_writable(title), colspan=2)
                for name, value in pairs:
                    row = table.row()
                    row.cell(_writable(name), style=FontFace(color=MUTED))
                    row.cell(_writable(value), style=FontFace(emphasis="BOLD"))
            pdf.ln(6)

    def picture(self, png: bytes, width_mm: float) -> None:
        """Place a picture at the left edge."""
        self._pdf.image(io.BytesIO(png), w=width_mm)
        self._pdf.ln(2)

    def pdf(self) -> bytes:
        """Return the file, once: the fonts' own files are closed then, not when the garbage is collected."""
        written = bytes(self._pdf.output())
        for font in self._pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()
        return written

    def _text(self, text: str, size: float, *, strong: bool = False, ink: tuple[int, int, int] = INK) -> None:
        self._pdf.set_font(FAMILY, "B" if strong else "", size)
        self._pdf.set_text_color(*ink)
        self._pdf.multi_cell(0, size * 0.5, _writable(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


class _Pages(FPDF):
    """Every page: the operator's name on top, where to ask and the page number at the foot."""

    def __init__(self, head: Letterhead, title: str) -> None:
        super().__init__(format="A4")
        self._head, self._title = head, title
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM + 6)
        self.add_font(FAMILY, "", FONTS / "TitilliumWeb-Regular.ttf")
        self.add_font(FAMILY, "B", FONTS / "TitilliumWeb-SemiBold.ttf")

    def header(self) -> None:
        """Write the operator's name and a line under it."""
        self.set_font(FAMILY, "B", HEADING_PT)
        self.set_text_color(*INK)
        self.cell(self.epw, 8, _writable(self._head.brand_name), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_draw_color(*LINE)
        self.line(MARGIN_MM, self.get_y() + 1, self.w - MARGIN_MM, self.get_y() + 1)
        self.ln(8)

    def footer(self) -> None:
        """Write the title, where to ask, and which page of how many."""
        self.set_y(-MARGIN_MM)
        self.set_font(FAMILY, "", SMALL_PT)
        self.set_text_color(*MUTED)
        where = f"{self._title} · {self._head.support_email} · {self._head.public_url}"
        self.cell(self.epw - 25, 5, _writable(where))
        page = _("pagina %(page)s di %(pages)s", page=self.page_no(), pages="{nb}")
        self.cell(25, 5, page, align="R")


def _writable(text: str) -> str:
    """Return the text on as many lines as it has, without what the font or a page cannot show."""
    kept = (letter if letter.isprintable() or letter in _KEPT else " " for letter in text)
    return "".join(kept).translate(_SIMPLER)
