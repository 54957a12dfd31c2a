"""Files that somebody could send instead of a document, made here: no hostile file lies in the repository."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

HTML = b"<html><script>alert(document.domain)</script></html>"
SECRET = "via Roma 1, 45.0703 N 7.6869 E"


def picture(size: tuple[int, int] = (640, 480), form: str = "JPEG", **more: object) -> bytes:
    """Return a picture with something to see on it."""
    written = BytesIO()
    mode = "RGBA" if form == "PNG" else "RGB"
    Image.effect_mandelbrot(size, (-2, -1, 1, 1), 20).convert(mode).save(written, form, **more)  # type: ignore[arg-type]
    return written.getvalue()


def flat(size: tuple[int, int], form: str = "PNG") -> bytes:
    """Return a picture of one colour: few bytes, many pixels."""
    written = BytesIO()
    Image.new("1" if form == "PNG" else "L", size).save(written, form)
    return written.getvalue()


def of_two_pictures() -> bytes:
    """Return a photo as phones write it: a second picture behind the first."""
    second = Image.new("RGB", (640, 480), "red")
    return picture(form="MPO", save_all=True, append_images=[second])


def many_scans() -> bytes:
    """Return a JPEG that goes over its picture again and again: small to send, an age to read."""
    whole = BytesIO()
    Image.new("L", (2000, 2000), 128).save(whole, "JPEG", progressive=True)
    data = whole.getvalue()
    last = data[data.rfind(b"\xff\xda") : -2]
    return data[:-2] + last * 10_000 + data[-2:]


def grey_scan() -> bytes:
    """Return a scan in 65,536 greys: dark on its left, light on its right."""
    row = struct.pack("<H", 6_000) * 200 + struct.pack("<H", 60_000) * 200
    scan = Image.frombytes("I;16", (400, 300), row * 300)
    written = BytesIO()
    scan.save(written, "PNG")
    return written.getvalue()


def with_traces() -> bytes:
    """Return a photo that tells where it was taken, with a thumbnail, a comment and a profile."""
    exif = Image.Exif()
    exif[0x010E] = SECRET
    exif[0x0112] = 6
    return picture((640, 480), exif=exif, comment=SECRET.encode(), icc_profile=SECRET.encode())


def png_with_text() -> bytes:
    """Return a PNG whose text chunks hold more than its picture."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", SECRET)
    notes.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET}</x>")
    return picture(form="PNG", pnginfo=notes)


def png_of_size(width: int, height: int) -> bytes:
    """Return the head of a PNG that says it is so large, and next to nothing behind it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def archive() -> bytes:
    """Return a ZIP with a page in it."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr("index.html", HTML)
    return written.getvalue()


def pdf(pages: int = 1, **catalog: object) -> bytes:
    """Return a PDF of so many pages with something on them; `catalog` goes into its root."""
    writer = _written(pages)
    for name, value in catalog.items():
        writer.root_object[NameObject(f"/{name}")] = value  # type: ignore[assignment]
    return _bytes(writer)


def _written(pages: int) -> PdfWriter:
    writer = PdfWriter()
    for number in range(pages):
        page = writer.add_blank_page(width=300, height=200)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 20 Td ({number}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(stream)
    return writer


def _bytes(writer: PdfWriter) -> bytes:
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def action(kind: str, **more: object) -> DictionaryObject:
    """Return what a PDF can do, as its own dictionary."""
    values = {NameObject("/S"): NameObject(f"/{kind}")}
    values |= {NameObject(f"/{name}"): value for name, value in more.items()}  # type: ignore[misc]
    return DictionaryObject(values)


def script() -> DictionaryObject:
    return action("JavaScript", JS=TextStringObject("app.alert(1)"))


def raw_pdf(*objects: bytes) -> bytes:
    """Return a PDF written by hand: one empty page, and objects that nothing leads to."""
    base = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>",
    )
    written, places = b"%PDF-1.7\n", []
    for number, body in enumerate((*base, *objects), 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(places) + 1
    return (
        written
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table)
        + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(written))
    )


def pdf_with_annotation() -> bytes:
    """Return a PDF with a link on its page that leads elsewhere."""
    writer = _written(1)
    note = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/A"): action("URI", URI=ByteStringObject(b"https://evil.example")),
        }
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    writer.add_metadata({"/Author": SECRET})
    return _bytes(writer)


def pdf_with_attachment() -> bytes:
    writer = _written(1)
    writer.add_attachment("fattura.exe", b"MZ")
    return _bytes(writer)


def pdf_with_form() -> bytes:
    return pdf(AcroForm=DictionaryObject({NameObject("/XFA"): TextStringObject("<xdp/>")}))


def pdf_protected() -> bytes:
    writer = _written(1)
    writer.encrypt("segreta", algorithm="AES-256")
    return _bytes(writer)


def pdf_bomb(megabytes: int = 300) -> bytes:
    """Return a small PDF whose page is endless once it is unpacked."""
    writer = _written(1)
    packed = zlib.compressobj(9)
    zeros = b" " * 1_000_000
    data = b"".join(packed.compress(zeros) for _ in range(megabytes)) + packed.flush()
    stream = DecodedStreamObject()
    stream._data = data
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)
    return _bytes(writer)


def pdf_loop() -> bytes:
    """Return a PDF whose pages lead back to themselves."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\n"
        b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000053 00000 n \n"
        b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n101\n%%EOF"
    )
