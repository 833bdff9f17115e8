# SPDX-License-Identifier: Apache-2.0
"""PNG files as far as the previews need them: a text within, and smaller bytes by a palette."""

import collections
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(data):
    if data[:8] != SIGNATURE:
        raise ValueError("not a PNG")
    at = 8
    while at < len(data):
        (length,), kind = struct.unpack(">I", data[at:at + 4]), data[at + 4:at + 8]
        yield kind, data[at + 8:at + 8 + length]
        at += 12 + length


def joined(parts):
    out = [SIGNATURE]
    for kind, content in parts:
        out.append(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)))
    return b"".join(out)


def size(data):
    return struct.unpack(">II", data[16:24])


def texts(data):
    """{key: text} of the file."""
    pairs = (content.split(b"\0", 1) for kind, content in chunks(data) if kind == b"tEXt")
    return {key.decode("latin-1"): text.decode("latin-1") for key, text in pairs}


def pixels(data):
    """(width, height, rows of RGB triples) of an 8-bit RGB or RGBA picture, as Chromium writes it."""
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    step = {2: 3, 6: 4}[colour]
    if depth != 8:
        raise ValueError("not 8 bits a channel")
    raw = zlib.decompress(b"".join(content for kind, content in chunks(data) if kind == b"IDAT"))
    above, rows, line = bytearray(width * step), [], width * step + 1
    for row in range(height):
        filtered, kind = bytearray(raw[row * line + 1:(row + 1) * line]), raw[row * line]
        _unfilter(kind, filtered, above, step)
        above = filtered
        rows.append([bytes(filtered[x:x + 3]) for x in range(0, width * step, step)])
    return width, height, rows


def _unfilter(kind, line, above, step):
    for x in range(len(line)) if kind else ():
        left, up, corner = (line[x - step] if x >= step else 0), above[x], (above[x - step] if x >= step else 0)
        if kind == 1:
            add = left
        elif kind == 2:
            add = up
        elif kind == 3:
            add = (left + up) // 2
        else:
            guess = left + up - corner
            add = min((left, up, corner), key=lambda value: abs(guess - value))
        line[x] = (line[x] + add) & 255


def with_palette(data, text):
    """The picture with its 256 most frequent colours (others take the nearest of them), and the texts within."""
    width, height, rows = pixels(data)
    found = collections.Counter(colour for row in rows for colour in row)
    palette = [colour for colour, _ in found.most_common(256)]
    places = {colour: number for number, colour in enumerate(palette)}
    for colour in found:
        if colour not in places:
            places[colour] = min(range(len(palette)), key=lambda n: sum((a - b) ** 2 for a, b in zip(palette[n], colour)))
    packed = b"".join(b"\0" + bytes(places[colour] for colour in row) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    notes = [(b"tEXt", f"{key}\0{value}".encode("latin-1")) for key, value in sorted(text.items())]
    return joined([(b"IHDR", header), *notes, (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(packed, 9)), (b"IEND", b"")])
