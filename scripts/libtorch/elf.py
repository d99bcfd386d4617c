"""Which shared libraries an ELF file NEEDs. Sixty lines instead of readelf, which a machine may not have."""

import struct

PT_LOAD, PT_DYNAMIC = 1, 2
DT_NULL, DT_NEEDED, DT_STRTAB = 0, 1, 5


def needed(path):
    """Names in DT_NEEDED of a 64-bit little-endian ELF file, in order; [] for any other file (Mach-O, for one)."""
    with open(path, "rb") as file:
        head = file.read(64)
        if len(head) < 64 or head[:6] != b"\x7fELF\x02\x01":
            return []
        table, = struct.unpack_from("<Q", head, 32)
        entry_size, count = struct.unpack_from("<HH", head, 54)
        file.seek(table)
        raw = file.read(entry_size * count)
        # type, offset in the file, virtual address, size in the file
        segments = [struct.unpack_from("<I4xQQ8xQ", raw, i * entry_size) for i in range(count)]
        dynamic = next((s for s in segments if s[0] == PT_DYNAMIC), None)
        if dynamic is None:
            return []
        file.seek(dynamic[1])
        tags = []
        for tag, value in struct.iter_unpack("<qQ", file.read(dynamic[3] // 16 * 16)):
            if tag == DT_NULL:
                break
            tags.append((tag, value))
        strings = next(value for tag, value in tags if tag == DT_STRTAB)
        base = next(s[1] - s[2] for s in segments if s[0] == PT_LOAD and s[2] <= strings < s[2] + s[3])
        return [_string(file, base + strings + value) for tag, value in tags if tag == DT_NEEDED]


def _string(file, offset):
    file.seek(offset)
    return file.read(256).split(b"\0", 1)[0].decode()
