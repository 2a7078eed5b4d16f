#!/usr/bin/env python3
"""Makes the seeds of the harnesses: FOLDER/HARNESS/NAME for each.

    make.py FOLDER
"""
import os
import struct
import sys

PAGE = 4096


def steps(*numbers):
    """What a harness reads as numbers: each a byte, or (number, bytes)."""
    return b''.join(number[0].to_bytes(number[1], 'little') if isinstance(number, tuple)
                    else bytes([number]) for number in numbers)


# ---- frame: RAM as it is, a reserved range, pools; then steps ----

FRAME_START = steps(1, 1, 1, (0x1234, 3), (0x2345, 2), (600, 2), (64, 2), (120, 2))
FRAME = {
    'alloc-get-put': FRAME_START + steps(0, 0, 0, 7, 3, (0, 2), 4, (0, 2), 4, (0, 2)),
    'pools': FRAME_START + steps(8, 0, 0, 1, 8, 0, 0, 2, 8, 1, 0, 3, 10, (0, 2), 11),
}

# ---- space: ASID bits, frames, reuse; then steps: which, of which space, its operands ----

(MAP, MAP_FILE, MAP_SHARED, UNMAP, PROTECT, _, FORK, _, STORE, _, _, LOAD, _, MOVE, EXTEND, FETCH,
 DISCARD, OUTSIDE, END, SWITCH) = range(20)
SPACE_START = steps(15, (200, 2), 0)
RW = 3
SPACE = {
    'copy-on-write': SPACE_START + steps(
        MAP, 0, 16, 3, 1, RW, 0, STORE, 0, 17, 0, 0, 5, FORK, 0, 1, 0, STORE, 1, 17, 0, 0, 6,
        LOAD, 0, 17, 0, 0, STORE, 0, 17, 1, 0, 7, LOAD, 1, 17, 1, 0),
    'three-generations': SPACE_START + steps(
        MAP, 0, 16, 3, 1, RW, 0, STORE, 0, 17, 0, 0, 5, FORK, 0, 1, 0, FORK, 1, 2, 0,
        STORE, 2, 17, 0, 0, 6, LOAD, 0, 17, 0, 0, LOAD, 1, 17, 0, 0),
    'file-and-move': SPACE_START + steps(
        MAP_FILE, 0, 2, 3, RW, 1, 2, (0x2345, 2), 0, STORE, 0, 3, 0, 0, 9, MOVE, 0, 2, 1, 30, 4, 1,
        0, LOAD, 0, 31, 0, 0, EXTEND, 0, 30, 2, 0, DISCARD, 0, 30, 1, END, 0),
    'shared': SPACE_START + steps(
        MAP_SHARED, 0, 16, 3, RW, 0, FORK, 0, 1, 0, STORE, 1, 17, 1, 0, 9, LOAD, 0, 17, 1, 0,
        UNMAP, 0, 16, 1, 0, PROTECT, 1, 17, 1, 1, 0, SWITCH, 1, 1, OUTSIDE, 1, 18, 3, 0),
    'stack': SPACE_START + steps(
        MAP, 0, 40, 1, 0, RW, 0, STORE, 0, 38, 0, 0, 5, FETCH, 0, 38, 0),
}

# ---- uaccess: ASID bits, frames, a byte for each page (kind, rights); then steps ----

(READ, _, WRITE, _, _, PREPARE, STRING, PAGE_OF, RIGHTS, FORK_ONE, OTHER, _,
 FROM_OUTSIDE) = range(13)
UACCESS_START = steps(15, 50, *([1 + 5 * 3] * 3), 2 + 5 * 3, 1, 1 + 5, 4 + 5 * 3, 0, 1 + 5 * 3,
                      *([1 + 5 * 3] * 3))
UACCESS = {
    'across-pages': UACCESS_START + steps(
        WRITE, 1, 1, 20, 1, 64, 7, 1, 0, READ, 1, 1, 20, 1, 70, 0, STRING, 1, 1, 0, 1, 9, 0, 0),
    'copy-on-write': UACCESS_START + steps(
        WRITE, 1, 1, 20, 1, 64, 7, 1, 0, FORK_ONE, 0, WRITE, 1, 1, 20, 1, 60, 9, 1, 0, OTHER,
        READ, 1, 1, 20, 1, 70, 0, FROM_OUTSIDE, 1, 1, 2, 0, 20, 1, 9, 0),
    'odd-pointers': UACCESS_START + steps(
        READ, 0, 2, 1, 3, 0, WRITE, 0, 5, 0, 0, 7, 7, 0, PREPARE, 1, 2, 40, 1, 50, 0, 5,
        PAGE_OF, 1, 0, RIGHTS, 1, 1, 0, WRITE, 1, 1, 32, 1, 9, 3, 3, 0),
}


# ---- elf: the file, then how it is loaded and what fails ----

def elf(kind, segments, size, entry=0x800):
    """Segments: (type, flags, va, offset, file size, memory size, alignment)."""
    header = b'\177ELF' + bytes([2, 1, 1]) + bytes(9) + struct.pack(
        '<HHIQQQIHHHHHH', kind, 183, 1, entry, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    table = b''.join(struct.pack('<IIQQQQQQ', type_, flags, offset, va, va, in_file, in_memory,
                                 align)
                     for type_, flags, va, offset, in_file, in_memory, align in segments)
    start = header + table
    return start + bytes(1 + i % 255 for i in range(size - len(start))) + bytes(2)


CODE = (1, 5, 0x400000, 0, 0x300, 0x300, PAGE)
ELF = {
    'fixed': elf(2, [CODE, (1, 6, 0x401100, 0x100, 0x200, 0x2000, PAGE)], 0x300, 0x400100),
    'pie': elf(3, [(1, 5, 0, 0, 0x300, 0x300, 0x10000),
                   (1, 6, 0x10200, 0x200, 0x100, 0x100, 0x10000)], 0x300, 0x120),
    'across-tables': elf(2, [CODE, (1, 6, 0x5fff80, 0xf80, 0x90, 0x3000, PAGE)], 0x1040, 0x400100),
    'bss-and-note': elf(2, [CODE, (4, 4, 0, 0x100, 0x20, 0x20, 4),
                            (1, 6, 0x7000000, 0, 0, 0x100000, PAGE)], 0x300, 0x400100),
    'one-page-twice': elf(2, [CODE, (1, 6, 0x400300, 0x300, 0x80, 0x90, PAGE)], 0x400, 0x400100),
    'interpreter': elf(2, [CODE, (3, 4, 0, 0x100, 0x10, 0x10, 1)], 0x300),
    'script': b'#!/bin/sh -x\n' + bytes(1) + bytes([2]),
}
ELF |= {f'{name}-from-a-process': file[:-1] + bytes([1]) for name, file in ELF.items()}
ELF['fixed-by-exec'] = ELF['fixed'][:-1] + bytes([2])


# ---- cpio ----

def member(name, mode, content=b'', inode=1, links=1, device=0):
    """A file of an archive in the format newc."""
    name = name.encode() + b'\0'
    fields = (inode, mode, 0, 0, links, 0, len(content), 0, 0, device >> 8, device & 0xff,
              len(name), 0)
    text = b'070701' + b''.join(b'%08x' % field for field in fields) + name
    text += bytes(-len(text) % 4) + content
    return text + bytes(-len(text) % 4)


TRAILER = member('TRAILER!!!', 0)
CPIO = {
    'files': member('bin', 0o40755) + member('bin/a', 0o100755, b'#!/b\n') +
             member('b', 0o100644, b'text') + TRAILER,
    'links': member('a', 0o100644, b'', 7, 2) + member('d/b', 0o100644, b'both', 7, 2) +
             member('c', 0o120777, b'd/b') + TRAILER,
    'two-archives': member('./x/../y', 0o100644) + TRAILER + bytes(8) +
                    member('dev/null', 0o20666, b'', 3, 1, 0x103) + TRAILER,
    'replaced': member('a', 0o100644, b'1') + member('a', 0o100644, b'22') +
                member('a', 0o40755) + member('a/b', 0o100600, b'3') + member('a', 0o100644),
}


# ---- fdt ----

class Tree:
    """A flattened device tree that is being written."""

    def __init__(self):
        self.structure = b''
        self.strings = b''

    def begin(self, name):
        text = name.encode() + b'\0'
        self.structure += struct.pack('>I', 1) + text + bytes(-len(text) % 4)
        return self

    def prop(self, name, content):
        text = name.encode() + b'\0'
        at = self.strings.find(text)
        if at < 0:
            at = len(self.strings)
            self.strings += text
        self.structure += struct.pack('>III', 3, len(content), at) + content
        self.structure += bytes(-len(content) % 4)
        return self

    def cells(self, name, *numbers):
        return self.prop(name, struct.pack(f'>{len(numbers)}I', *numbers))

    def end(self):
        self.structure += struct.pack('>I', 2)
        return self

    def nop(self):
        self.structure += struct.pack('>I', 4)
        return self

    def blob(self, reservations=((0x1000, 0x2000),)):
        structure = self.structure + struct.pack('>I', 9)
        map_ = b''.join(struct.pack('>QQ', *range_) for range_ in (*reservations, (0, 0)))
        at = 40 + len(map_)
        size = at + len(structure) + len(self.strings)
        return struct.pack('>10I', 0xd00dfeed, size, at, at + len(structure), 40, 17, 16, 0,
                           len(self.strings), len(structure)) + map_ + structure + self.strings


FDT = {
    'least': Tree().begin('').end().blob(()),
    'machine': Tree().begin('').cells('#address-cells', 2).cells('#size-cells', 2)
    .cells('interrupt-parent', 1).begin('memory@40000000').prop('device_type', b'memory\0')
    .cells('reg', 0, 0x40000000, 0, 0x1000000).end().begin('intc@8000000')
    .prop('compatible', b'arm,cortex-a15-gic\0').cells('#interrupt-cells', 3)
    .cells('phandle', 1).end().nop().begin('uart@9000000')
    .prop('compatible', b'arm,pl011\0arm,primecell\0').prop('status', b'okay\0')
    .cells('reg', 0, 0x9000000, 0, 0x1000).cells('interrupts', 0, 1, 4).end().begin('chosen')
    .prop('bootargs', b'det=1\0').cells('linux,initrd-start', 0x48000000).end().end().blob(),
}

# ---- el0: registers and pages, then words of code ----

def code(*words):
    """Behind registers and rights that are mostly addresses in pages that can be written."""
    return bytes([1, 0, 0]) + bytes([1, 1, 8, 0] * 13) + bytes(33 + 128) + struct.pack(
        f'<{len(words)}I', *words)


EL0 = {
    'store': code(0xf9000000, 0x91002000, 0xf8408401, 0xd4000001, 0x17fffffc),
    'vectors': code(0x4ea18400, 0x6e20dc21, 0x3d800000, 0x3dc00401, 0x1e604020, 0x9e780002),
    'exclusive': code(0xc85ffc01, 0x91000421, 0xc802fc01, 0x35ffffa2, 0xd50b7520, 0xd5033fdf),
    'undefined': code(0x00000000, 0xd5380000, 0xd53be040, 0xffffffff, 0xd4200020, 0xd65f03c0),
}

SEEDS = {'el0': EL0, 'frame': FRAME, 'space': SPACE, 'uaccess': UACCESS, 'elf': ELF, 'cpio': CPIO,
         'fdt': FDT}


def main():
    for harness, seeds in SEEDS.items():
        folder = os.path.join(sys.argv[1], harness)
        os.makedirs(folder, exist_ok=True)
        for name, content in seeds.items():
            with open(os.path.join(folder, name), 'wb') as file:
                file.write(content)


if __name__ == '__main__':
    main()
